package io.rspar.search.allocation;

import io.rspar.kit.sensitivity.GroupSensitivity;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Everything that a search may ask of a network without running it.
 *
 * @param groups sensitivities, in network order
 * @param widths per group the widths that the constraints allow, ascending; the last is the full
 *     width
 * @param comparable whether scores of different groups share a unit
 * @param features what tells one group from another, per group: the same number of values of about
 *     −1 to 1
 * @param macs multiply-accumulates per example of the network with these kept widths
 * @param parameters parameters of the network with these kept widths
 * @param work what latency depends on
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
public record SearchSpace(
    List<GroupSensitivity> groups,
    int[][] widths,
    boolean comparable,
    double[][] features,
    ToLongFunction<int[]> macs,
    ToLongFunction<int[]> parameters,
    Work work) {

  /**
   * What a network does for one example, as functions of the kept widths.
   *
   * @param activations elements of all activations
   * @param macsInBlocks multiply-accumulates with channels in whole blocks of {@link #BLOCK}
   * @param unfilled elements of layers' outputs whose channels do not fill their last block
   */
  public record Work(
      ToLongFunction<int[]> activations,
      ToLongFunction<int[]> macsInBlocks,
      ToLongFunction<int[]> unfilled) {
    /** Channels that kernels for wide vector registers take at once: 16 floats of 512 bits. */
    public static final int BLOCK = 16;
  }

  public SearchSpace {
    groups = List.copyOf(groups);
  }

  /** The full widths. */
  public int[] full() {
    int[] full = new int[widths.length];
    for (int g = 0; g < full.length; g++) {
      full[g] = widths[g][widths[g].length - 1];
    }
    return full;
  }

  /** The same network with other scores. */
  public SearchSpace withGroups(List<GroupSensitivity> others) {
    return new SearchSpace(others, widths, comparable, features, macs, parameters, work);
  }

  /** The question which widths to keep when a cost must not exceed a limit. */
  public AllocationProblem problem(ToLongFunction<int[]> cost, long limit) {
    return new AllocationProblem(groups, widths, comparable, cost, limit);
  }
}
