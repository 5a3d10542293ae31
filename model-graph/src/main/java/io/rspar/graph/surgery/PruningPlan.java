package io.rspar.graph.surgery;

import io.rspar.graph.InvalidModelException;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which channels stay. Groups that are not named keep all.
 *
 * @param kept channels that stay, ascending, by id of the group
 * @param modelSha256 digest of the model file that the plan is for, lower-case hexadecimal
 */
public record PruningPlan(Map<String, List<Integer>> kept, Optional<String> modelSha256) {
  public PruningPlan {
    Map<String, List<Integer>> copy = new LinkedHashMap<>();
    kept.forEach((group, channels) -> copy.put(group, List.copyOf(channels)));
    kept = Collections.unmodifiableMap(copy);
    kept.forEach(PruningPlan::requireAscending);
  }

  public PruningPlan(Map<String, List<Integer>> kept) {
    this(kept, Optional.empty());
  }

  private static void requireAscending(String group, List<Integer> channels) {
    if (channels.isEmpty()) {
      throw invalid("no channel of group '" + group + "' is kept", "keep at least one");
    }
    for (int i = 0; i < channels.size(); i++) {
      if (channels.get(i) < 0 || (i > 0 && channels.get(i) <= channels.get(i - 1))) {
        throw invalid(
            "the kept channels of group '" + group + "' are not ascending: " + channels,
            "sort them and name each once");
      }
    }
  }

  /**
   * The plan that keeps the channels with the highest scores; of equal ones those that come first.
   *
   * @param scores one array per group, in the order of {@link DependencyGraph#groups}
   * @param widths number of channels to keep, in the same order
   */
  public static PruningPlan ofScores(DependencyGraph graph, List<double[]> scores, int[] widths) {
    Map<String, List<Integer>> kept = new LinkedHashMap<>();
    for (int g = 0; g < graph.groups().size(); g++) {
      double[] score = scores.get(g);
      kept.put(
          graph.groups().get(g).id(),
          IntStream.range(0, score.length)
              .boxed()
              .sorted((a, b) -> Double.compare(score[b], score[a]))
              .limit(widths[g])
              .sorted()
              .toList());
    }
    return new PruningPlan(kept);
  }

  public PruningPlan withModelSha256(String sha256) {
    return new PruningPlan(kept, Optional.of(sha256));
  }

  /**
   * Number of channels that each group keeps, in the order of {@link DependencyGraph#groups}.
   *
   * @throws InvalidModelException INVALID_CUT if the plan does not fit the graph
   */
  public int[] widths(DependencyGraph graph) {
    requireFits(graph);
    return graph.groups().stream()
        .mapToInt(g -> kept.containsKey(g.id()) ? kept.get(g.id()).size() : g.width())
        .toArray();
  }

  /**
   * Checks that the plan names only groups and channels of this graph.
   *
   * @throws InvalidModelException INVALID_CUT, naming the group
   */
  void requireFits(DependencyGraph graph) {
    Map<String, Integer> widths = new LinkedHashMap<>();
    for (ChannelGroup group : graph.groups()) {
      widths.put(group.id(), group.width());
    }
    kept.forEach(
        (id, channels) -> {
          Integer width = widths.get(id);
          if (width == null) {
            throw invalid(
                "the model has no group '" + id + "'",
                "use the plan with the model it was made for");
          }
          if (channels.get(channels.size() - 1) >= width) {
            throw invalid(
                "group '" + id + "' has " + width + " channels, the plan keeps " + channels,
                "use the plan with the model it was made for");
          }
        });
  }

  private static InvalidModelException invalid(String message, String remedy) {
    return new InvalidModelException(InvalidModelException.Kind.INVALID_CUT, message, remedy);
  }
}
