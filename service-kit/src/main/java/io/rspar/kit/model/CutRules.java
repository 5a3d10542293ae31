package io.rspar.kit.model;

import com.google.re2j.Pattern;
import io.rspar.events.CutConstraints;
import io.rspar.events.FailureReason;
import io.rspar.events.GroupCap;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.surgery.RatioCap;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.kit.failure.WorkException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a request's constraints mean for its model: which groups may be cut, and to which widths.
 */
public final class CutRules {
  private CutRules() {}

  /**
   * The groups of a model that the constraints leave open.
   *
   * @throws WorkException INVALID_REQUEST naming an exclusion that is no regular expression
   */
  public static DependencyGraph groups(Graph graph, CutConstraints constraints) {
    return DependencyGraph.of(graph, NamePatterns.of("exclude", constraints.getExclude()));
  }

  /**
   * The widths to which a group may be cut, ascending; the last is the full width.
   *
   * @throws WorkException INVALID_REQUEST naming a cap that is no regular expression or no share
   */
  public static int[] allowedWidths(ChannelGroup group, CutConstraints constraints) {
    WidthPolicy policy = RatioCap.policyOf(group, widthPolicy(constraints), caps(constraints));
    return IntStream.rangeClosed(0, group.width())
        .map(width -> width == group.width() ? width : policy.round(group, width))
        .sorted()
        .distinct()
        .toArray();
  }

  private static WidthPolicy widthPolicy(CutConstraints constraints) {
    return new WidthPolicy(
        constraints.getChannelMultiple(),
        WidthPolicy.Rounding.valueOf(constraints.getRounding().name()),
        constraints.getMinChannels(),
        constraints.getMaxRatio());
  }

  private static List<RatioCap> caps(CutConstraints constraints) {
    List<GroupCap> caps = constraints.getCaps();
    List<Pattern> groups = NamePatterns.of("caps", caps.stream().map(GroupCap::getGroup).toList());
    return IntStream.range(0, caps.size())
        .mapToObj(i -> cap(groups.get(i), caps.get(i).getMaxRatio()))
        .toList();
  }

  private static RatioCap cap(Pattern group, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "constraints.caps: '" + group + "' may lose " + share + " of its channels",
          "give a share from 0 to 1");
    }
    return new RatioCap(group, share);
  }
}
