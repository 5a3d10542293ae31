package io.rspar.search.process;

import io.rspar.events.ArtifactRef;
import io.rspar.search.strategy.Proposals;
import java.util.Optional;

/**
 * What a request's method has made of its network before widths are chosen.
 *
 * @param network how channels rank
 * @param proposals how widths are chosen
 * @param trained the original with the weights that the method trained, if it trained any
 */
record Preparation(PrunableNetwork network, Proposals proposals, Optional<ArtifactRef> trained) {}
