package io.rspar.pruner.datafree;

import static io.rspar.graph.build.GraphBuilder.integer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.FailureReason;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether a cut model is compared with the masked original wherever that says something. */
class CutModelTest {
  @TempDir private Path folder;

  private CutModel half(Graph graph) {
    DependencyGraph groups = DependencyGraph.of(graph);
    PruningPlan plan =
        DataFreeCut.plan(graph, groups, DataFreeCriterion.l2(), 0.5, WidthPolicy.FREE, List.of());
    return CutModel.write(graph, groups, plan, folder.resolve("half.onnx"), OptionalLong.of(3));
  }

  /** Two convolutions; their sum of one channel goes through a last node. */
  private static Graph detector(double shift) {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.block("first", b.input("image", -1, 3, 8, 8), 3, 8, 3, 1, 1);
    String scores = b.conv("second", x, 8, 1, 3, 1);
    String shifted = b.node("Add", "shifted", scores, b.scalar("shift", shift));
    return b.output(b.node("Sigmoid", "sigmoid", shifted), -1, 1, 8, 8).build();
  }

  @Test
  void aSaturatedOutputIsComparedBeforeItSaturates() throws IOException {
    CutModel cut = half(detector(-500));
    assertThat(cut.difference().orElseThrow()).isLessThan(1e-5);
    assertThat(OnnxReader.read(folder.resolve("half.onnx")).outputs()).hasSize(1);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("half.onnx"));
    }
  }

  @Test
  void whatSaysNothingAnywhereIsRefused() {
    GraphBuilder b = new GraphBuilder(2);
    String x = b.conv("first", b.input("image", -1, 3, 8, 8), 3, 8, 3, 1);
    String pooled = b.node("Flatten", "flat", b.node("GlobalAveragePool", "pool", x));
    b.constant("fc", Tensor.ofFloats(Shape.of(8, 5), new float[40]));
    Graph untrained = b.output(b.node("MatMul", "logits", pooled, "fc"), -1, 5).build();
    assertThatThrownBy(() -> half(untrained))
        .isInstanceOf(WorkException.class)
        .hasMessageContaining("says nothing");
  }

  @Test
  void anotherFunctionIsADefect() throws IOException {
    Path one = folder.resolve("one.onnx");
    Path other = folder.resolve("other.onnx");
    OnnxWriter.write(detector(0), one);
    OnnxWriter.write(detector(0.01), other);
    assertThat(CutCheck.compare(one, one, 1)).hasValue(0);
    assertThatThrownBy(() -> CutCheck.compare(other, one, 1))
        .isInstanceOfSatisfying(
            WorkException.class,
            e -> assertThat(e.reason()).isEqualTo(FailureReason.INTERNAL_ERROR));
  }

  /**
   * Fused, the cut network would round to other integers than the masked one, by a step of 0.05.
   */
  @Test
  void quantisedActivationsAreComparedAsTheModelSays() {
    GraphBuilder b = new GraphBuilder(4);
    b.scalar("step", 0.05);
    b.constant("zero", new Tensor(DataType.UINT8, Shape.of(), ByteBuffer.wrap(new byte[] {127})));
    String x = onGrid(b, "in", b.input("image", -1, 3, 8, 8));
    for (int i = 0; i < 3; i++) {
      x =
          onGrid(
              b, "q" + i, b.node("Conv", "conv" + i, x, weight(b, "w" + i, 16, i == 0 ? 3 : 16)));
    }
    String flat = b.node("Flatten", "flat", b.node("GlobalAveragePool", "pool", x));
    Graph graph = b.output(b.linear("fc", flat, 16, 5), -1, 5).build();
    assertThat(half(graph).difference().orElseThrow()).isLessThan(CutCheck.TOLERANCE);
  }

  private static String onGrid(GraphBuilder b, String name, String x) {
    String grid = b.node("QuantizeLinear", name, x, "step", "zero");
    return b.node("DequantizeLinear", name + ".real", grid, "step", "zero");
  }

  private static String weight(GraphBuilder b, String name, int out, int in) {
    byte[] bytes = new byte[out * in];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 37 % 255);
    }
    Shape shape = Shape.of(out, in, 1, 1);
    b.constant(name, new Tensor(DataType.INT8, shape, ByteBuffer.wrap(bytes)));
    float[] scales = new float[out];
    Arrays.fill(scales, 0.004f);
    b.constant(name + ".scale", Tensor.ofFloats(Shape.of(out), scales));
    b.constant(name + ".zero", new Tensor(DataType.INT8, Shape.of(out), ByteBuffer.allocate(out)));
    Map<String, Attribute> axis = Map.of("axis", integer(0));
    return b.node("DequantizeLinear", name + ".real", axis, name, name + ".scale", name + ".zero");
  }
}
