package io.rspar.search.baseline;

import io.rspar.graph.Graph;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.score.GroupNorm;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.AllocationPolicy;
import io.rspar.search.allocation.ChannelChoice;
import io.rspar.search.allocation.GlobalThresholdAllocation;
import io.rspar.search.allocation.LearnedAllocation;
import io.rspar.search.allocation.UniformAllocation;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * DepGraph, in a simplified form of Fang et al. ("DepGraph: Towards Any Structural Pruning", CVPR
 * 2023, arXiv 2301.12900): channels that depend on each other are scored together, by default by
 * the group norm ({@link GroupNorm}: over all members, mean reduction), and the lowest go, under
 * one threshold over all groups or the same fraction of each; at once, or in several parts with the
 * network cut and scored anew in between. The paper's sparse training, which drives group norms to
 * 0 before the cut, is left out: its weights would no longer be the original's.
 *
 * @param global whether one threshold decides over all groups
 * @param iterations parts of the cut
 * @param norm scores the network anew; empty where the request's criterion is another, which is
 *     measured once
 */
public record DepGraph(boolean global, int iterations, Optional<GroupNorm> norm)
    implements Baseline {
  public DepGraph {
    if (iterations > 1 && norm.isEmpty()) {
      throw new IllegalArgumentException("a cut in parts needs a norm to score anew by");
    }
  }

  @Override
  public Prepared prepare(Subject subject, Progress progress) {
    AllocationPolicy rule = global ? new GlobalThresholdAllocation() : new UniformAllocation();
    StepwiseCut cut = new StepwiseCut(subject.target(), rule, iterations);
    double[] scores = flat(subject.space().groups());
    while (cut.left() > 0) {
      progress.report(
          1 - (double) cut.left() / iterations,
          "cutting part " + (iterations - cut.left() + 1) + " of " + iterations);
      cut.cut(scores);
      if (iterations > 1) {
        scores = anew(subject, cut, norm.orElseThrow());
      }
    }
    return new Prepared(
        cut.ranking(scores),
        ChannelChoice.BEST,
        global ? new LearnedAllocation(cut.widths()) : rule,
        Optional.empty());
  }

  private static double[] flat(List<GroupSensitivity> groups) {
    return groups.stream().flatMapToDouble(g -> Arrays.stream(g.scores())).toArray();
  }

  /** Scores of the network as far as it is cut, at the places of the original's channels. */
  private static double[] anew(Subject subject, StepwiseCut cut, GroupNorm norm) {
    Map<String, List<Integer>> kept = new LinkedHashMap<>();
    List<ChannelGroup> groups = subject.dependencies().groups();
    for (int g = 0; g < groups.size(); g++) {
      kept.put(groups.get(g).id(), Arrays.stream(cut.kept(g)).boxed().toList());
    }
    Graph smaller = Surgeon.cut(subject.graph(), subject.dependencies(), new PruningPlan(kept));
    DependencyGraph left = subject.grouping().apply(smaller);
    double[] scores = new double[cut.layout().channels()];
    for (int g = 0; g < groups.size(); g++) {
      double[] own = score(norm, smaller, left, groups.get(g).id());
      int[] channels = cut.kept(g);
      for (int i = 0; i < own.length; i++) {
        scores[cut.layout().place(g, channels[i])] = own[i];
      }
    }
    return scores;
  }

  /** A group of one channel is no group any more: nothing of it can be cut, nothing compared. */
  private static double[] score(GroupNorm norm, Graph graph, DependencyGraph left, String id) {
    return left.groups().stream()
        .filter(g -> g.id().equals(id))
        .findFirst()
        .map(g -> norm.score(graph, left, g))
        .orElse(new double[] {1});
  }
}
