package io.rspar.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.runtime.Autograd;
import io.rspar.runtime.Network;
import io.rspar.runtime.NonFiniteException;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.InvalidDataException;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.kernel.HostTensors;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.testing.Digits;
import io.rspar.runtime.testing.Graphs;
import io.rspar.runtime.testing.OnnxRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrainingTest {
  private final Graph untrained = Graphs.residual(1, 8, 10);

  @Test
  void digitsAreLearnedAndTheFileGivesTheSameAnswers() {
    Dataset test = Digits.test();
    try (Network network = Network.load(untrained)) {
      assertThat(Evaluator.evaluate(network, test, 100).top1()).isLessThan(0.3);
      List<Double> losses = new ArrayList<>();
      TrainingSummary summary =
          FineTuning.run(
              network,
              Digits.train(),
              FineTuningSettings.of(6, 32, 0.05, 1),
              (step, steps, loss) -> losses.add(loss));
      assertThat(summary.steps()).isEqualTo(6 * (1400 / 32)).isEqualTo(losses.size());
      assertThat(summary.lastLossNats()).isLessThan(0.3);
      Evaluation evaluation = Evaluator.evaluate(network, test, 100);
      assertThat(evaluation.samples()).isEqualTo(397);
      assertThat(evaluation.top1()).isGreaterThan(0.9);
      Evaluation reference = byReference(network.toGraph(), test);
      assertThat(evaluation.top1()).isEqualTo(reference.top1());
      assertThat(evaluation.lossNats()).isCloseTo(reference.lossNats(), within(1e-5));
    }
  }

  /** Accuracy and loss from ONNX Runtime on the written graph, in plain double arithmetic. */
  private static Evaluation byReference(Graph graph, Dataset data) {
    int[] all = IntStream.range(0, data.size()).toArray();
    Tensor x;
    try (NDManager manager = Torch.newManager()) {
      x = HostTensors.download(data.batch(manager, all).x());
    }
    float[] logits = OnnxRuntime.run(graph, x).toFloats();
    int right = 0;
    double loss = 0;
    for (int n = 0; n < data.size(); n++) {
      double sum = 0;
      int best = 0;
      for (int k = 0; k < 10; k++) {
        sum += Math.exp(logits[n * 10 + k]);
        best = logits[n * 10 + k] > logits[n * 10 + best] ? k : best;
      }
      right += best == data.label(n) ? 1 : 0;
      loss += Math.log(sum) - logits[n * 10 + data.label(n)];
    }
    return new Evaluation((double) right / data.size(), loss / data.size(), data.size());
  }

  @Test
  void sameSeedSameWeights() {
    assertThat(trained(3)).isEqualTo(trained(3)).isNotEqualTo(trained(4));
  }

  private Map<String, Tensor> trained(long seed) {
    try (Network network = Network.load(untrained)) {
      FineTuningSettings settings =
          new FineTuningSettings(0.2, 50, 0.05, 0, 0.9, 1e-4, 0.1, 1, true, seed);
      FineTuning.run(network, Digits.train(), settings, TrainingProgress.SILENT);
      return network.toGraph().initializers();
    }
  }

  @Test
  void fractionsOfEpochsAreRoundedUpToSteps() {
    try (Network network = Network.load(untrained)) {
      FineTuningSettings settings = FineTuningSettings.of(0.1, 64, 0.01, 1);
      TrainingSummary summary =
          FineTuning.run(network, Digits.train(), settings, TrainingProgress.SILENT);
      assertThat(summary.steps()).isEqualTo(3);
      assertThat(summary.examples()).isEqualTo(192);
    }
  }

  /** Three steps of the update against its formula in double arithmetic. */
  @Test
  void updatesFollowTheFormula() {
    double momentum = 0.9;
    double decay = 0.1;
    float[] rates = {0.5f, 0.25f, 0.125f};
    try (NDManager manager = Torch.newManager()) {
      NDArray matrix =
          manager.create(new float[] {1, -2, 3, 4}, new ai.djl.ndarray.types.Shape(2, 2));
      NDArray bias = manager.create(new float[] {1, -2});
      Map<String, NDArray> weights = new LinkedHashMap<>(Map.of("matrix", matrix, "bias", bias));
      weights.values().forEach(w -> w.setRequiresGradient(true));
      double[] expectedMatrix = {1, -2, 3, 4};
      double[] expectedBias = {1, -2};
      double[] velocityMatrix = new double[4];
      double[] velocityBias = new double[2];
      try (MomentumSgd sgd = new MomentumSgd(weights, momentum, decay)) {
        for (float rate : rates) {
          // The gradient of Σ w² is 2w.
          Autograd.record(
              collector -> {
                collector.backward(matrix.square().sum().add(bias.square().sum()));
                return null;
              });
          sgd.step(rate);
          step(expectedMatrix, velocityMatrix, momentum, decay, rate);
          step(expectedBias, velocityBias, momentum, 0, rate);
        }
      }
      assertClose(matrix, expectedMatrix);
      assertClose(bias, expectedBias);
    }
  }

  private static void step(double[] w, double[] v, double momentum, double decay, double rate) {
    for (int i = 0; i < w.length; i++) {
      v[i] = momentum * v[i] + rate * (2 * w[i] + decay * w[i]);
      w[i] -= v[i];
    }
  }

  private static void assertClose(NDArray actual, double[] expected) {
    float[] values = actual.toFloatArray();
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) values[i]).isCloseTo(expected[i], within(1e-4));
    }
  }

  @Test
  void trainingMovesRunningStatisticsByTheNodesMomentum() {
    Graphs g = Graphs.opset(15).input("x", -1, 1, 2, 2);
    g.constant("s", ones()).constant("b", zeros()).constant("m", zeros()).constant("v", ones());
    g.node("BatchNormalization", "x s b m v", "n", "momentum", 0.8f).node("Flatten", "n", "y");
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(g.output("y", Shape.of(-1, 4)))) {
      NDArray x =
          manager.create(
              new float[] {1, 2, 3, 6, 0, 0, 4, 8}, new ai.djl.ndarray.types.Shape(2, 1, 2, 2));
      network.logits(x, Mode.TRAIN);
      // Mean 3, unbiased variance Σ(x − 3)²/7 = 58/7.
      assertThat(network.statistics().get("m").getFloat(0)).isCloseTo(0.2f * 3, within(1e-5f));
      assertThat(network.statistics().get("v").getFloat(0))
          .isCloseTo(0.8f + 0.2f * 58 / 7, within(1e-4f));
    }
  }

  private static Tensor ones() {
    return Tensor.ofFloats(Shape.of(1), 1);
  }

  private static Tensor zeros() {
    return Tensor.ofFloats(Shape.of(1), 0);
  }

  /**
   * One BatchNorm at the input: its pooled statistics are those of the data, whatever the batch.
   */
  @Test
  void calibrationPoolsExactly() {
    Graphs g = Graphs.opset(15).input("x", -1, 1, 8, 8);
    g.constant("s", ones()).constant("b", zeros()).constant("m", zeros()).constant("v", ones());
    g.node("BatchNormalization", "x s b m v", "n").node("GlobalMaxPool", "n", "p");
    g.weight("w", 10, 1).node("Flatten", "p", "f").node("Gemm", "f w", "y", "transB", 1);
    Graph graph = g.output("y", Shape.of(-1, 10));
    Dataset data = Digits.train();
    double sum = 0;
    double squares = 0;
    int count = 500 * 64;
    try (NDManager manager = Torch.newManager()) {
      int[] indices = IntStream.range(0, 500).toArray();
      for (float value : data.batch(manager, indices).x().toFloatArray()) {
        sum += value;
        squares += (double) value * value;
      }
    }
    double mean = sum / count;
    double variance = (squares - count * mean * mean) / (count - 1);
    for (int batchSize : new int[] {500, 64, 7}) {
      try (Network network = Network.load(graph)) {
        assertThat(BatchNormCalibration.run(network, data, 500, batchSize, 0, false, 1))
            .isEqualTo(500);
        assertThat((double) network.statistics().get("m").getFloat(0))
            .isCloseTo(mean, within(1e-5));
        assertThat((double) network.statistics().get("v").getFloat(0))
            .isCloseTo(variance, within(1e-5));
      }
    }
  }

  /** A network whose statistics are destroyed comes back; weights are not touched. */
  @Test
  void calibrationRestoresALostNetwork() {
    Dataset train = Digits.train();
    Dataset test = Digits.test();
    try (Network network = Network.load(untrained)) {
      FineTuning.run(
          network, train, FineTuningSettings.of(4, 32, 0.05, 1), TrainingProgress.SILENT);
      double before = Evaluator.evaluate(network, test, 100).top1();
      network.statistics().forEach((name, array) -> array.muli(0).addi(1));
      assertThat(Evaluator.evaluate(network, test, 100).top1()).isLessThan(before - 0.2);
      Tensor weight = HostTensors.download(network.parameters().get("c.weight"));
      BatchNormCalibration.run(network, train, 1000, 100, 0, false, 1);
      assertThat(Evaluator.evaluate(network, test, 100).top1()).isCloseTo(before, within(0.03));
      assertThat(HostTensors.download(network.parameters().get("c.weight"))).isEqualTo(weight);
    }
  }

  @Test
  void divergenceIsAnErrorWithARemedy() {
    try (Network network = Network.load(untrained)) {
      FineTuningSettings settings = FineTuningSettings.of(5, 32, 1e9, 1);
      assertThatThrownBy(
              () -> FineTuning.run(network, Digits.train(), settings, TrainingProgress.SILENT))
          .isInstanceOfSatisfying(
              NonFiniteException.class,
              e -> {
                assertThat(e).hasMessageContaining("diverged");
                assertThat(e.remedy()).contains("learning rate").contains("1.0E9");
              });
    }
  }

  @Test
  void notANumberIsNoAccuracy() {
    try (Network network = Network.load(untrained)) {
      network.parameters().get("fc.bias").muli(Float.NaN);
      assertThatThrownBy(() -> Evaluator.evaluate(network, Digits.test(), 100))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("NaN");
    }
  }

  @Test
  void labelsBeyondTheModelAreRefusedBeforeTraining() {
    try (Network network = Network.load(Graphs.residual(1, 4, 9))) {
      assertThatThrownBy(
              () ->
                  FineTuning.run(
                      network,
                      Digits.train(),
                      FineTuningSettings.of(1, 32, 0.1, 1),
                      TrainingProgress.SILENT))
          .isInstanceOfSatisfying(
              InvalidDataException.class,
              e -> assertThat(e.kind()).isEqualTo(InvalidDataException.Kind.LABEL_OUT_OF_RANGE))
          .hasMessageContaining("label 9")
          .hasMessageContaining("9 classes");
    }
  }

  @Test
  void otherImageSizesAreRefused() {
    try (Network network = Network.load(Graphs.residual(3, 4, 10))) {
      assertThatThrownBy(() -> Evaluator.evaluate(network, Digits.test(), 10))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("1×8×8")
          .hasMessageContaining("?×3×8×8");
    }
  }

  @Test
  void augmentationIsSeededAndKeepsLabels() {
    Dataset data = Digits.train().slice(Slice.first(20));
    int[] all = IntStream.range(0, 20).toArray();
    Augmentation augmentation = new Augmentation(2, true);
    try (NDManager manager = Torch.newManager()) {
      Batch plain = data.batch(manager, all);
      Batch first = data.batch(manager, all, augmentation, new SplittableRandom(1));
      Batch again = data.batch(manager, all, augmentation, new SplittableRandom(1));
      Batch other = data.batch(manager, all, augmentation, new SplittableRandom(2));
      assertThat(first.x().toFloatArray()).isEqualTo(again.x().toFloatArray());
      assertThat(first.x().toFloatArray()).isNotEqualTo(other.x().toFloatArray());
      assertThat(first.x().toFloatArray()).isNotEqualTo(plain.x().toFloatArray());
      assertThat(first.y().toLongArray()).isEqualTo(plain.y().toLongArray());
    }
  }
}
