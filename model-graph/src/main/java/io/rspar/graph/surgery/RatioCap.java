package io.rspar.graph.surgery;

import com.google.re2j.Pattern;
import io.rspar.graph.coupling.ChannelGroup;
import java.util.List;

/**
 * Groups that may lose no more than a share of their channels.
 *
 * @param group found in the ids of the groups it is for
 * @param maxRatio largest share that may go, 0 to 1
 */
public record RatioCap(Pattern group, double maxRatio) {
  public RatioCap {
    if (!(maxRatio >= 0 && maxRatio <= 1)) {
      throw new IllegalArgumentException("a share is from 0 to 1, not " + maxRatio);
    }
  }

  /** The policy of one group: with the least of the caps that match it. */
  public static WidthPolicy policyOf(ChannelGroup group, WidthPolicy policy, List<RatioCap> caps) {
    double ratio =
        caps.stream()
            .filter(cap -> cap.group().matcher(group.id()).find())
            .mapToDouble(RatioCap::maxRatio)
            .reduce(policy.maxRatio(), Math::min);
    return new WidthPolicy(policy.multiple(), policy.rounding(), policy.minChannels(), ratio);
  }
}
