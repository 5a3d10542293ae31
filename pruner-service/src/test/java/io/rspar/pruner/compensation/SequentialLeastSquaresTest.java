package io.rspar.pruner.compensation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.Kept;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.training.Evaluator;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequentialLeastSquaresTest {
  private static final int CHANNELS = 4;
  private static final Path DEMO = Path.of("..", "examples", "fashion-mnist");

  private final SplittableRandom random = new SplittableRandom(9);

  /** What a twin still says need not be lost. */
  @Test
  void aRemovedTwinIsMadeUpForExactly() {
    Map<String, Tensor> weights = weights();
    copyChannel(weights, "w1", 3, 1);
    for (String name : List.of("scale", "shift", "mean", "variance")) {
      copyChannel(weights, name, 3, 1);
    }
    assertThat(repairedDifference(weights, List.of(0, 1, 2))).isLessThan(1e-3);
    assertThat(plainDifference(weights, List.of(0, 1, 2))).isGreaterThan(0.1);
  }

  /** A channel that always says the same (γ = 0) moves into the intercept behind its consumer. */
  @Test
  void aRemovedConstantMovesIntoTheRunningMeanBehindItsConsumer() {
    Map<String, Tensor> weights = weights();
    float[] scale = weights.get("scale").toFloats();
    float[] shift = weights.get("shift").toFloats();
    scale[2] = 0;
    shift[2] = 2;
    weights.put("scale", Tensor.ofFloats(Shape.of(CHANNELS), scale));
    weights.put("shift", Tensor.ofFloats(Shape.of(CHANNELS), shift));
    // The padded border sees zeros instead of the constant, so only a 1×1 kernel absorbs it all.
    assertThat(repairedDifference(weights, List.of(0, 1, 3))).isLessThan(1e-3);
    assertThat(plainDifference(weights, List.of(0, 1, 3))).isGreaterThan(0.1);
  }

  @Test
  void theDemoNetworkRecoversMostOfWhatHalfItsChannelsTook() {
    Graph graph = OnnxReader.read(DEMO.resolve("fashion_resnet.onnx"));
    DependencyGraph groups = DependencyGraph.of(graph);
    PruningPlan plan =
        PruningPlan.ofScores(
            groups,
            DataFreeCriterion.l2().scoreAll(graph, groups),
            groups.groups().stream().mapToInt(g -> (g.width() + 1) / 2).toArray());
    Dataset test = data("test", 500);
    try (Network dense = Network.load(graph);
        Network cut = Network.load(Surgeon.cut(graph, groups, plan))) {
      double before = Evaluator.evaluate(cut, test, 100).top1();
      Compensator.leastSquares(
          cut, graph, new Kept(groups, plan), data("calibration", 256), 256, true, 1, SILENT);
      double after = Evaluator.evaluate(cut, test, 100).top1();
      double original = Evaluator.evaluate(dense, test, 100).top1();
      assertThat(after - before).isGreaterThan(0.5 * (original - before));
    }
  }

  private static final Compensator.Listener SILENT =
      new Compensator.Listener() {
        @Override
        public void layer(int done, int of, String node) {}

        @Override
        public void warning(String sentence) {
          throw new AssertionError(sentence);
        }
      };

  private static Dataset data(String role, int count) {
    return Dataset.read(
        DataDescription.of(Format.IDX).withNormalization(255, List.of(0.2860f), List.of(0.3530f)),
        List.of(DEMO.resolve(role + "-images.idx.gz"), DEMO.resolve(role + "-labels.idx.gz")),
        new Slice(0, count));
  }

  private double repairedDifference(Map<String, Tensor> weights, List<Integer> kept) {
    return difference(weights, kept, true);
  }

  private double plainDifference(Map<String, Tensor> weights, List<Integer> kept) {
    return difference(weights, kept, false);
  }

  /** Largest difference of the cut from the original network on other data than repaired with. */
  private double difference(Map<String, Tensor> weights, List<Integer> kept, boolean repair) {
    Graph graph = residualBlock(weights);
    DependencyGraph groups = DependencyGraph.of(graph);
    assertThat(groups.groups()).hasSize(1);
    PruningPlan plan = new PruningPlan(Map.of(groups.groups().get(0).id(), kept));
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope();
        Network dense = Network.load(graph);
        Network cut = Network.load(Surgeon.cut(graph, groups, plan))) {
      scope.suppressNotUsedWarning();
      if (repair) {
        NDArray labels = manager.zeros(new ai.djl.ndarray.types.Shape(16));
        List<Batch> batches =
            List.of(new Batch(input(manager), labels), new Batch(input(manager), labels));
        new SequentialLeastSquares(cut, dense, new Kept(groups, plan), 1e-6)
            .run(batches, (done, of, node) -> {});
      }
      NDArray x = input(manager);
      NDArray expected = dense.forward(x);
      assertThat(expected.abs().max().getFloat()).isGreaterThan(1f);
      return cut.forward(x).sub(expected).abs().max().getFloat();
    }
  }

  private NDArray input(NDManager manager) {
    return manager.create(floats(16 * 3 * 6 * 6, 1), new ai.djl.ndarray.types.Shape(16, 3, 6, 6));
  }

  private Map<String, Tensor> weights() {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    weights.put("w1", Tensor.ofFloats(Shape.of(CHANNELS, 3, 3, 3), floats(CHANNELS * 27, 0.5f)));
    weights.put("w2", Tensor.ofFloats(Shape.of(3, CHANNELS, 1, 1), floats(3 * CHANNELS, 1)));
    normalization(weights, "", CHANNELS);
    normalization(weights, "2", 3);
    return weights;
  }

  private void normalization(Map<String, Tensor> weights, String suffix, int channels) {
    for (String name : List.of("scale", "shift", "mean", "variance")) {
      float[] values = floats(channels, 0.3f);
      for (int c = 0; c < channels; c++) {
        values[c] += name.equals("scale") || name.equals("variance") ? 1 : 0;
      }
      weights.put(name + suffix, Tensor.ofFloats(Shape.of(channels), values));
    }
  }

  private float[] floats(int count, float scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (2 * random.nextDouble() - 1) * scale;
    }
    return values;
  }

  private static void copyChannel(Map<String, Tensor> weights, String name, int to, int from) {
    Tensor tensor = weights.get(name);
    int[] order = IntStream.range(0, CHANNELS).map(c -> c == to ? from : c).toArray();
    weights.put(name, tensor.take(0, order));
  }

  /** x + BN(conv1×1(relu(BN(conv3×3(x))))). */
  private static Graph residualBlock(Map<String, Tensor> weights) {
    Attribute pads = new Attribute.OfInts(List.of(1L, 1L, 1L, 1L));
    List<Node> nodes =
        List.of(
            node("conv1", "Conv", List.of("x", "w1"), "a", Map.of("pads", pads)),
            node(
                "bn1",
                "BatchNormalization",
                List.of("a", "scale", "shift", "mean", "variance"),
                "b",
                Map.of()),
            node("relu", "Relu", List.of("b"), "c", Map.of()),
            node("conv2", "Conv", List.of("c", "w2"), "d", Map.of()),
            node(
                "bn2",
                "BatchNormalization",
                List.of("d", "scale2", "shift2", "mean2", "variance2"),
                "e",
                Map.of()),
            node("add", "Add", List.of("e", "x"), "y", Map.of()));
    Shape image = Shape.of(Shape.UNKNOWN, 3, 6, 6);
    List<String> symbols = List.of("N", "", "", "");
    return new Graph(
        "block",
        List.of(new ValueInfo("x", DataType.FLOAT, image, symbols)),
        List.of(new ValueInfo("y", DataType.FLOAT, image, symbols)),
        nodes,
        weights,
        Map.of("", 17L),
        8,
        "test",
        Map.of());
  }

  private static Node node(
      String name,
      String type,
      List<String> inputs,
      String output,
      Map<String, Attribute> attributes) {
    return new Node(name, "", type, inputs, List.of(output), attributes);
  }
}
