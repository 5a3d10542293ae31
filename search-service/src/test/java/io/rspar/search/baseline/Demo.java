package io.rspar.search.baseline;

import io.rspar.events.CutConstraints;
import io.rspar.graph.Graph;
import io.rspar.graph.cost.CostModel;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.kit.model.CutRules;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.SearchSpace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The demo network, its data, and the question of half its multiply-accumulates. */
final class Demo {
  private static final Path FOLDER = Path.of("..", "examples", "fashion-mnist");
  private static final CutConstraints CONSTRAINTS =
      CutConstraints.newBuilder().setChannelMultiple(4).build();

  static final Graph GRAPH = OnnxReader.read(FOLDER.resolve("fashion_resnet.onnx"));
  static final DependencyGraph GROUPS = CutRules.groups(GRAPH, CONSTRAINTS);
  static final CostModel COST = CostModel.of(GRAPH, GROUPS);
  static final Progress QUIET = (share, detail) -> {};

  private Demo() {}

  static Subject subject(double macs) {
    List<GroupSensitivity> scores = new ArrayList<>();
    for (var group : GROUPS.groups()) {
      scores.add(
          GroupSensitivity.additive(
              group.id(), DataFreeCriterion.l2().score(GRAPH, GROUPS, group)));
    }
    int[][] widths =
        GROUPS.groups().stream()
            .map(g -> CutRules.allowedWidths(g, CONSTRAINTS))
            .toArray(int[][]::new);
    SearchSpace space =
        new SearchSpace(
            scores,
            widths,
            false,
            new double[scores.size()][],
            COST::macs,
            COST::parameters,
            new SearchSpace.Work(COST::macs, COST::macs, kept -> 0));
    AllocationProblem target = space.problem(COST::macs, (long) (macs * COST.macs(space.full())));
    return new Subject(GRAPH, GROUPS, graph -> CutRules.groups(graph, CONSTRAINTS), space, target);
  }

  static TrainingData data(int steps, long seed) {
    return new TrainingData(
        examples("train", 256),
        examples("validation", 256),
        new Augmentation(2, true),
        steps,
        32,
        0.01,
        0.9,
        5e-4,
        0,
        seed);
  }

  private static Dataset examples(String role, int limit) {
    DataDescription plain = DataDescription.of(Format.IDX);
    return Dataset.read(
        new DataDescription(
            Format.IDX,
            plain.layout(),
            255,
            List.of(0.2860f),
            List.of(0.3530f),
            List.of(),
            "x",
            "y",
            -1,
            false),
        List.of(FOLDER.resolve(role + "-images.idx.gz"), FOLDER.resolve(role + "-labels.idx.gz")),
        new Slice(0, limit));
  }
}
