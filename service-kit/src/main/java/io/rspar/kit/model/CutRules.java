package io.rspar.kit.model;

import io.rspar.events.CutConstraints;
import io.rspar.events.FailureReason;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.kit.failure.WorkException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
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
    List<Pattern> exclusions = constraints.getExclude().stream().map(CutRules::pattern).toList();
    return DependencyGraph.of(graph, exclusions);
  }

  /** The widths to which a group may be cut, ascending; the last is the full width. */
  public static int[] allowedWidths(ChannelGroup group, CutConstraints constraints) {
    WidthPolicy policy = widthPolicy(constraints);
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

  private static Pattern pattern(String expression) {
    try {
      return Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "constraints.exclude: '"
              + expression
              + "' is no regular expression: "
              + e.getDescription(),
          "correct it (Java syntax)",
          e);
    }
  }
}
