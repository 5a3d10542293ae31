package io.rspar.search.baseline;

import io.rspar.graph.Graph;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.ChannelChoice;
import io.rspar.search.allocation.LearnedAllocation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What masks say once they are learned. */
final class Learned {
  private Learned() {}

  /**
   * Channels rank by their scores, and a group wants as many as lie above a bound.
   *
   * @param groups whose ids and order
   * @param scores one per channel of all groups
   * @param trained the network with the masks in its weights
   */
  static Prepared above(
      double bound,
      List<GroupSensitivity> groups,
      ChannelLayout layout,
      double[] scores,
      Graph trained) {
    int[] widths = new int[groups.size()];
    List<GroupSensitivity> ranked = new ArrayList<>();
    for (int g = 0; g < widths.length; g++) {
      double[] own = layout.of(scores, g);
      widths[g] = (int) Arrays.stream(own).filter(s -> s >= bound).count();
      ranked.add(GroupSensitivity.additive(groups.get(g).group(), own));
    }
    return new Prepared(
        ranked, ChannelChoice.BEST, new LearnedAllocation(widths), Optional.of(trained));
  }
}
