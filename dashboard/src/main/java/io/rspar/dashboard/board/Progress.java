package io.rspar.dashboard.board;

import java.time.Instant;

/**
 * How far a stage is.
 *
 * @param share done share, 0 to 1
 */
public record Progress(String stage, double share, String detail, Instant at) {}
