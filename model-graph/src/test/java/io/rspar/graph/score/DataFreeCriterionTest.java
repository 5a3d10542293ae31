package io.rspar.graph.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.testing.Networks;
import org.junit.jupiter.api.Test;

class DataFreeCriterionTest {
  /** x · A (2 × 3), normalised, · B (3 × 2). */
  private static Graph twoLayers() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.input("x", -1, 2);
    b.constant("A", Tensor.ofFloats(Shape.of(2, 3), 1, -2, 3, 4, 5, -6));
    b.constant("B", Tensor.ofFloats(Shape.of(3, 2), 1, 1, 2, 2, 3, -3));
    b.constant("scale", Tensor.ofFloats(Shape.of(3), -7, 8, 9));
    b.constant("shift", Tensor.ofFloats(Shape.of(3), 100, 100, 100));
    b.constant("mean", Tensor.ofFloats(Shape.of(3), 100, 100, 100));
    b.constant("variance", Tensor.ofFloats(Shape.of(3), 100, 100, 100));
    String h = b.node("MatMul", "first", x, "A");
    String n = b.node("BatchNormalization", "bn", h, "scale", "shift", "mean", "variance");
    return b.output(b.node("MatMul", "second", n, "B"), DataType.FLOAT).build();
  }

  @Test
  void normsAreThoseOfRowsScaleAndColumns() {
    Graph graph = twoLayers();
    DependencyGraph groups = DependencyGraph.of(graph);
    ChannelGroup group = groups.groups().get(0);

    assertThat(new GroupNorm(1, GroupNorm.Reduction.SUM).score(graph, groups, group))
        .containsExactly(1 + 4 + 7 + 1 + 1, 2 + 5 + 8 + 2 + 2, 3 + 6 + 9 + 3 + 3);
    assertThat(DataFreeCriterion.l1().score(graph, groups, group))
        .containsExactly(new double[] {14 / 3.0, 19 / 3.0, 24 / 3.0}, within(1e-12));
    assertThat(new GroupNorm(2, GroupNorm.Reduction.SUM).score(graph, groups, group))
        .containsExactly(
            new double[] {Math.sqrt(68), Math.sqrt(101), Math.sqrt(144)}, within(1e-12));
    assertThat(DataFreeCriterion.l2().score(graph, groups, group))
        .containsExactly(
            new double[] {Math.sqrt(68 / 3.0), Math.sqrt(101 / 3.0), Math.sqrt(144 / 3.0)},
            within(1e-12));
  }

  @Test
  void randomScoresDependOnSeedAndGroupAlone() {
    Graph graph = Networks.vgg();
    DependencyGraph groups = DependencyGraph.of(graph);
    ChannelGroup first = groups.groups().get(0);
    ChannelGroup second = groups.groups().get(1);

    double[] scores = DataFreeCriterion.random(5).score(graph, groups, first);

    assertThat(scores).hasSize(first.width()).doesNotHaveDuplicates();
    DataFreeCriterion again = DataFreeCriterion.random(5);
    double[] other = again.score(graph, groups, second);
    assertThat(again.score(graph, groups, first)).isEqualTo(scores);
    assertThat(other[0]).isNotEqualTo(scores[0]);
    assertThat(DataFreeCriterion.random(6).score(graph, groups, first)).isNotEqualTo(scores);
  }
}
