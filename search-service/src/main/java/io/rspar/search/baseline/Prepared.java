package io.rspar.search.baseline;

import io.rspar.graph.Graph;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.AllocationPolicy;
import io.rspar.search.allocation.ChannelChoice;
import java.util.List;
import java.util.Optional;

/**
 * What a method found out.
 *
 * @param groups how channels rank, per group in network order
 * @param choice which channels of a ranking stay at a width
 * @param policy which widths it wants under a limit
 * @param trained the original with other weights, if the method trains any; masks that it learned
 *     are part of them
 */
public record Prepared(
    List<GroupSensitivity> groups,
    ChannelChoice choice,
    AllocationPolicy policy,
    Optional<Graph> trained) {
  public Prepared {
    groups = List.copyOf(groups);
  }
}
