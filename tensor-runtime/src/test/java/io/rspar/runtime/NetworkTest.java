package io.rspar.runtime;

import static io.rspar.runtime.testing.Graphs.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.InvalidDataException;
import io.rspar.runtime.kernel.HostTensors;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.testing.Graphs;
import io.rspar.runtime.testing.OnnxRuntime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NetworkTest {
  private static final int EXAMPLES = 3;
  private static final long[] LABELS = {1, 0, 3};

  private final NDManager manager = Torch.newManager();
  private final Graph residual = Graphs.residual(2, 4, 4);
  private final Tensor input = Graphs.random(new SplittableRandom(3), 1, EXAMPLES, 2, 8, 8);

  @AfterEach
  void close() {
    manager.close();
  }

  private Batch batch() {
    return new Batch(HostTensors.upload(manager, input), manager.create(LABELS));
  }

  @Test
  void equalsOnnxRuntimeInEvaluationMode() {
    try (Network network = Network.load(residual)) {
      float[] expected = OnnxRuntime.run(residual, input).toFloats();
      float[] actual = network.forward(HostTensors.upload(manager, input)).toFloatArray();
      assertThat(actual).containsExactly(expected, within(1e-5f));
    }
  }

  /** The reference for gradients: the loss of each example, from the runtime's own forward pass. */
  private static double[] losses(Graph graph, Tensor x, long[] labels) {
    try (NDManager local = Torch.newManager();
        Network network = Network.load(graph)) {
      float[] logits = network.logits(HostTensors.upload(local, x), Mode.EVAL).toFloatArray();
      int classes = logits.length / labels.length;
      double[] losses = new double[labels.length];
      for (int n = 0; n < labels.length; n++) {
        double sum = 0;
        for (int k = 0; k < classes; k++) {
          sum += Math.exp(logits[n * classes + k]);
        }
        losses[n] = Math.log(sum) - logits[n * classes + (int) labels[n]];
      }
      return losses;
    }
  }

  private static double sum(double[] values) {
    return java.util.Arrays.stream(values).sum();
  }

  private Graph shifted(String tensor, int index, float by) {
    float[] values = residual.initializers().get(tensor).toFloats();
    values[index] += by;
    Map<String, Tensor> changed = new LinkedHashMap<>(residual.initializers());
    changed.put(tensor, Tensor.ofFloats(changed.get(tensor).shape(), values));
    return residual.withNodesAndInitializers(residual.nodes(), changed);
  }

  @Test
  void parameterGradientsEqualFiniteDifferences() {
    float step = 2e-3f;
    try (Network network = Network.load(residual)) {
      Map<String, NDArray> gradients = network.parameterGradients(batch(), LabelSampler.fromData());
      assertThat(gradients.keySet()).isEqualTo(network.parameters().keySet());
      for (String name :
          List.of(
              "stem.weight",
              "c.weight",
              "short.weight",
              "a.scale",
              "d.bias",
              "fc.weight",
              "fc.bias")) {
        float[] analytic = gradients.get(name).toFloatArray();
        for (int i = 0; i < analytic.length; i += 1 + analytic.length / 5) {
          double up = sum(losses(shifted(name, i, step), input, LABELS));
          double down = sum(losses(shifted(name, i, -step), input, LABELS));
          assertThat((double) analytic[i])
              .as(name + "[" + i + "]")
              .isCloseTo((up - down) / (2 * step), within(2e-3 + 0.01 * Math.abs(analytic[i])));
        }
      }
    }
  }

  @Test
  void parameterGradientsDoNotAccumulateOverCalls() {
    try (Network network = Network.load(residual)) {
      float[] first =
          network
              .parameterGradients(batch(), LabelSampler.fromData())
              .get("fc.bias")
              .toFloatArray();
      float[] second =
          network
              .parameterGradients(batch(), LabelSampler.fromData())
              .get("fc.bias")
              .toFloatArray();
      assertThat(second).containsExactly(first);
    }
  }

  /**
   * For one example the gradient with respect to a convolution's output is checked against the
   * difference that adding a small number to that one output element makes, and the loss of the
   * other examples must not enter.
   */
  @Test
  void observedOutputGradientsArePerExample() {
    float step = 1e-2f;
    Map<String, float[]> gradients = new HashMap<>();
    Map<String, long[]> shapes = new HashMap<>();
    try (Network network = Network.load(residual)) {
      network.observe(
          batch(),
          LabelSampler.fromData(),
          Set.of("node_c_conv", "node_logits"),
          (node, in, gradient) -> {
            gradients.put(node.output(0), gradient.toFloatArray());
            shapes.put(node.output(0), gradient.getShape().getShape());
          });
      assertThat(gradients.keySet()).containsExactlyInAnyOrder("c_conv", "logits");
      for (String value : gradients.keySet()) {
        long perExample = Shape.of(shapes.get(value)).elements() / EXAMPLES;
        for (int n = 0; n < EXAMPLES; n++) {
          for (int element : new int[] {0, (int) perExample / 2, (int) perExample - 1}) {
            int at = (int) (n * perExample) + element;
            double difference =
                (lossWithShift(network, value, at, step) - lossWithShift(network, value, at, -step))
                    / (2 * step);
            float analytic = gradients.get(value)[at];
            assertThat((double) analytic)
                .as(value + "[" + n + "," + element + "]")
                .isCloseTo(difference, within(1e-3 + 0.02 * Math.abs(analytic)));
          }
        }
      }
    }
  }

  private double lossWithShift(Network network, String value, int at, float by) {
    NDArray logits =
        network.logits(
            HostTensors.upload(manager, input),
            Mode.EVAL,
            (name, array) -> {
              if (!name.equals(value)) {
                return array;
              }
              float[] values = array.toFloatArray();
              values[at] += by;
              return manager.create(values, array.getShape());
            });
    return CrossEntropy.sum(logits, manager.create(LABELS)).getFloat();
  }

  @Test
  void observedInputsAreWhatTheNodesRead() {
    try (Network network = Network.load(residual)) {
      Map<String, float[]> inputs = new HashMap<>();
      network.observe(
          batch(),
          LabelSampler.fromData(),
          Set.of("node_stem_conv", "node_c_conv", "node_logits"),
          (node, in, gradient) -> inputs.put(node.name(), in.toFloatArray()));
      Map<String, float[]> values = new HashMap<>();
      network.logits(
          HostTensors.upload(manager, input),
          Mode.EVAL,
          (name, array) -> {
            values.put(name, array.toFloatArray());
            return array;
          });
      assertThat(inputs.get("node_stem_conv")).containsExactly(input.toFloats());
      assertThat(inputs.get("node_c_conv")).containsExactly(values.get("block1"), within(1e-6f));
      assertThat(inputs.get("node_logits")).containsExactly(values.get("features"), within(1e-6f));
    }
  }

  /** Weight gradient of a linear layer = Σ_n g_n ⊗ a_n: ties inputs and gradients together. */
  @Test
  void observedLinearLayerReproducesItsWeightGradient() {
    try (Network network = Network.load(residual)) {
      float[] expected =
          network
              .parameterGradients(batch(), LabelSampler.fromData())
              .get("fc.weight")
              .toFloatArray();
      network.observe(
          batch(),
          LabelSampler.fromData(),
          Set.of("node_logits"),
          (node, in, gradient) ->
              assertThat(gradient.transpose().matMul(in).toFloatArray())
                  .containsExactly(expected, within(1e-5f)));
    }
  }

  @Test
  void observedValuesIncludeTheInputAndBatchNorm() {
    try (Network network = Network.load(residual)) {
      Map<String, Long> sizes = new LinkedHashMap<>();
      network.observeValues(
          batch(),
          LabelSampler.fromData(),
          Set.of("x", "stem_bn", "block2"),
          (name, value, gradient) -> {
            assertThat(value.getShape()).isEqualTo(gradient.getShape());
            assertThat(gradient.abs().sum().getFloat()).isPositive();
            sizes.put(name, value.size());
          });
      assertThat(sizes).containsOnlyKeys("x", "stem_bn", "block2");
      assertThat(sizes.get("block2")).isEqualTo(EXAMPLES * 8 * 4 * 4L);
    }
  }

  @Test
  void observingUnknownNamesIsAnErrorThatNamesThem() {
    try (Network network = Network.load(residual)) {
      assertThatThrownBy(
              () ->
                  network.observe(
                      batch(), LabelSampler.fromData(), Set.of("nowhere"), (n, in, g) -> {}))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("nowhere");
    }
  }

  @Test
  void sampledLabelsFollowThePredictionAndTheSeed() {
    int[] all = IntStream.range(0, 4000).toArray();
    try (NDArray logits = logits(all.length)) {
      long[] labels = drawn(11, logits, all);
      double[] share = new double[3];
      for (long label : labels) {
        share[(int) label] += 1.0 / labels.length;
      }
      // Four standard deviations of a share of ½ over 4,000 draws.
      assertThat(share).containsExactly(new double[] {0.25, 0.25, 0.5}, within(0.032));
      assertThat(drawn(11, logits, all)).isEqualTo(labels);
      assertThat(drawn(12, logits, all)).isNotEqualTo(labels);
    }
  }

  @Test
  void sampledLabelsBelongToTheExamplesAndNotToTheOrderOfBatches() {
    try (NDArray six = logits(6);
        NDArray two = logits(2)) {
      LabelSampler sampler = LabelSampler.fromModel(11);
      long[] labels = sampler.labels(six, batch(0, 1, 2, 3, 4, 5)).toLongArray();
      assertThat(labels)
          .as("not all alike")
          .contains(2)
          .isNotEqualTo(new long[] {2, 2, 2, 2, 2, 2});
      assertThat(sampler.labels(two, batch(4, 5)).toLongArray())
          .isEqualTo(Arrays.copyOfRange(labels, 4, 6));
      assertThat(sampler.labels(two, batch(3, 1)).toLongArray())
          .containsExactly(labels[3], labels[1]);
    }
  }

  private NDArray logits(int examples) {
    NDArray logits = manager.zeros(new ai.djl.ndarray.types.Shape(examples, 3));
    logits.set(new ai.djl.ndarray.index.NDIndex(":, 2"), Math.log(2));
    return logits;
  }

  private long[] drawn(long seed, NDArray logits, int... indices) {
    return LabelSampler.fromModel(seed).labels(logits, batch(indices)).toLongArray();
  }

  /** A batch of which only the places of its examples matter. */
  private Batch batch(int... indices) {
    NDArray y = manager.create(new long[indices.length]);
    return new Batch(y, y, Map.of(), indices);
  }

  @Test
  void callersScopeClosesWhatAPassMadeButNoWeights() {
    NDArray inside;
    Network network;
    try (NDScope scope = new NDScope()) {
      network = Network.load(residual);
      inside = network.forward(HostTensors.upload(manager, input));
      assertThat(inside.isReleased()).isFalse();
    }
    assertThat(inside.isReleased()).isTrue();
    float[] again = network.forward(HostTensors.upload(manager, input)).toFloatArray();
    assertThat(again).doesNotContain(Float.NaN);
    network.close();
  }

  @Test
  void passesLeaveNoArraysBehind() {
    try (Network network = Network.load(residual)) {
      int weights = network.parameters().size() + network.statistics().size();
      try (NDManager local = manager.newSubManager()) {
        NDArray x = HostTensors.upload(local, input);
        network.forward(x).close();
        network.observe(
            new Batch(x, local.create(LABELS)),
            LabelSampler.fromModel(1),
            Set.of("node_stem_conv"),
            (n, in, g) -> {});
        // Left are x and the labels.
        assertThat(local.getManagedArrays()).hasSize(2);
      }
      assertThat(network.parameters().values().iterator().next().getManager().getManagedArrays())
          .hasSize(weights);
    }
  }

  @Test
  void weightsAreSortedByWhatTheyAre() {
    try (Network network = Network.load(residual)) {
      assertThat(network.parameters()).containsKeys("stem.weight", "stem.scale", "fc.bias");
      assertThat(network.statistics())
          .containsOnlyKeys(
              "stem.mean",
              "stem.var",
              "a.mean",
              "a.var",
              "b.mean",
              "b.var",
              "c.mean",
              "c.var",
              "d.mean",
              "d.var",
              "short.mean",
              "short.var");
      assertThat(network.parameters()).doesNotContainKeys("stem.mean", "stem.var");
      assertThat(network.classes()).isEqualTo(4);
    }
  }

  @Test
  void changedWeightsAreInTheGraph() {
    try (Network network = Network.load(residual)) {
      assertThat(network.toGraph()).isEqualTo(residual);
      network.parameters().get("fc.bias").addi(1);
      network.statistics().get("a.mean").muli(2);
      Graph changed = network.toGraph();
      assertThat(changed.nodes()).isEqualTo(residual.nodes());
      float[] expected = network.forward(HostTensors.upload(manager, input)).toFloatArray();
      assertThat(OnnxRuntime.run(changed, input).toFloats())
          .containsExactly(expected, within(1e-5f));
    }
  }

  @Test
  void constantNodesHoldTrainableWeightsAndKeepTheirPlace() {
    Graphs g = Graphs.opset(13).input("x", -1, 4);
    g.node("Constant", "", "w", "value", Graphs.random(new SplittableRandom(1), 1, 4, 3));
    g.node("MatMul", "x w", "y");
    try (Network network = Network.load(g.output("y", Shape.of(-1, 3)))) {
      network.parameters().get("w").muli(0).addi(2);
      Attribute.OfTensor value =
          (Attribute.OfTensor) network.toGraph().nodes().get(0).attributes().get("value");
      assertThat(value.value().toFloats()).containsOnly(2f);
    }
  }

  /** Exporters merge equal tensors of different layers; training must not tie the layers. */
  @Test
  void aliasedWeightsAreSeparated() {
    Graphs g = Graphs.opset(13).input("x", -1, 3, 4, 4).positive("one", 3).weight("zero", 3);
    g.node("Identity", "one", "scale2").node("Identity", "zero", "bias2");
    g.node("BatchNormalization", "x one zero zero one", "a");
    g.node("BatchNormalization", "a scale2 bias2 zero one", "b");
    g.node("GlobalAveragePool", "b", "p").node("Flatten", "p", "y");
    Graph graph = g.output("y", Shape.of(-1, 3));
    Tensor x = Graphs.random(new SplittableRandom(2), 1, 2, 3, 4, 4);
    try (Network network = Network.load(graph)) {
      assertThat(network.parameters()).containsKeys("scale2", "bias2");
      assertThat(network.statistics()).hasSize(4);
      assertThat(network.forward(HostTensors.upload(manager, x)).toFloatArray())
          .containsExactly(OnnxRuntime.run(graph, x).toFloats(), within(1e-5f));
      Tensor before = network.toGraph().initializers().get("one");
      network.parameters().get("scale2").muli(3);
      assertThat(network.toGraph().initializers().get("one")).isEqualTo(before);
      float[] expected = network.forward(HostTensors.upload(manager, x)).toFloatArray();
      assertThat(OnnxRuntime.run(network.toGraph(), x).toFloats())
          .containsExactly(expected, within(1e-5f));
    }
  }

  @Test
  void formulaConstantsAreNotTrained() {
    Graphs g = Graphs.opset(13).input("x", -1, 4).scalar("eps", 1e-5f).scalar("half", 0.5f);
    g.weight("bias", 4).weight("w", 3, 4).longs("axis", 1);
    g.node("Add", "x eps", "a").node("Mul", "a half", "b").node("Add", "b bias", "c");
    g.node("Transpose", "w", "wt").node("MatMul", "c wt", "y");
    try (Network network = Network.load(g.output("y", Shape.of(-1, 3)))) {
      assertThat(network.parameters()).containsOnlyKeys("bias", "w");
    }
  }

  @Test
  void logitsStopBeforeAClosingSoftmax() {
    Graphs g = Graphs.opset(13).input("x", -1, 4).node("Relu", "x", "z").node("Softmax", "z", "y");
    try (Network network = Network.load(g.output("y", Shape.of(-1, 4)))) {
      NDArray x = manager.create(new float[] {1, 2, 3, 4}, new ai.djl.ndarray.types.Shape(1, 4));
      assertThat(network.logits(x, Mode.EVAL).toFloatArray()).containsExactly(1, 2, 3, 4);
      assertThat(network.forward(x).sum().getFloat()).isCloseTo(1, within(1e-5f));
    }
  }

  @Test
  void wrongInputShapeNamesBothShapes() {
    try (Network network = Network.load(residual)) {
      NDArray x = manager.zeros(new ai.djl.ndarray.types.Shape(2, 3, 8, 8));
      assertThatThrownBy(() -> network.forward(x))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("2×3×8×8")
          .hasMessageContaining("?×2×8×8");
    }
  }

  @Test
  void whatTheEngineRefusesNamesTheNodeAndItsInputs() {
    Graphs g = Graphs.opset(13).input("x", -1, -1).weight("w", 5, 3);
    g.node("MatMul", "x w", "y");
    try (Network network = Network.load(g.output("y", Shape.of(-1, 3)))) {
      NDArray x = manager.zeros(new ai.djl.ndarray.types.Shape(2, 4));
      assertThatThrownBy(() -> network.forward(x))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("MatMul node 'node_y'")
          .hasMessageContaining("(2, 4)")
          .hasMessageContaining("(5, 3)");
      // The network is usable afterwards.
      assertThat(network.forward(manager.zeros(new ai.djl.ndarray.types.Shape(2, 5))).size())
          .isEqualTo(6);
    }
  }

  @Test
  void outputThatIsNoClassifierIsRefused() {
    Graphs g = Graphs.opset(13).input("x", -1, 2, 8, 8).weight("w", 3, 2, 3, 3);
    g.node("Conv", "x w", "y", "pads", ints(1, 1, 1, 1));
    try (Network network = Network.load(g.output("y", 4))) {
      assertThatThrownBy(() -> network.logits(HostTensors.upload(manager, input), Mode.EVAL))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("examples × classes");
    }
  }

  @Test
  void twoThreadsTakeTurnsWithGradients() throws InterruptedException {
    float[][] results = new float[2][];
    Thread[] threads = new Thread[2];
    for (int t = 0; t < 2; t++) {
      int id = t;
      threads[t] =
          new Thread(
              () -> {
                try (NDManager local = Torch.newManager();
                    Network network = Network.load(residual)) {
                  for (int i = 0; i < 20; i++) {
                    Batch batch = new Batch(HostTensors.upload(local, input), local.create(LABELS));
                    results[id] =
                        network
                            .parameterGradients(batch, LabelSampler.fromData())
                            .get("fc.bias")
                            .toFloatArray();
                  }
                }
              });
      threads[t].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(results[0]).isNotNull().containsExactly(results[1], within(1e-6f));
  }
}
