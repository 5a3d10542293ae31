package io.rspar.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.graph.Graph;
import io.rspar.graph.Tensor;
import io.rspar.runtime.Autograd;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.ValueHook;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.testing.Digits;
import io.rspar.runtime.testing.Graphs;
import io.rspar.runtime.training.TrainingSummary.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FineTuningTest {
  private static final TrainingLoss LABELS = TrainingLoss.labels(0);

  private final Graph untrained = Graphs.residual(1, 8, 10);
  private final Dataset train = Digits.train();
  private final Dataset validation = Digits.test();

  @Test
  void theRateRisesAndThenFallsAlongHalfACosine() {
    FineTuningSettings settings = settings(1, 0.4, 0.2, 1);
    double[] rates =
        IntStream.range(0, 10).mapToDouble(s -> settings.learningRate(s, 10)).toArray();
    assertThat(rates[0]).isCloseTo(0.4 / 3, within(1e-12));
    assertThat(rates[1]).isCloseTo(0.8 / 3, within(1e-12));
    assertThat(rates[2]).isCloseTo(0.4, within(1e-12));
    assertThat(rates[6]).isCloseTo(0.2, within(1e-12));
    assertThat(rates[9]).isCloseTo(0.2 * (1 + Math.cos(7 * Math.PI / 8)), within(1e-12));
  }

  /** Crashed at step 30; the check before it was after step 22, half an epoch. */
  @Test
  void aRunThatCrashedAndResumedEndsWithTheSameWeights() {
    FineTuningSettings settings = settings(1.5, 0.1, 0.1, 7);
    Memory uninterrupted = new Memory();
    Map<String, Tensor> expected = trained(settings, uninterrupted, TrainingProgress.SILENT);
    assertThat(uninterrupted.kept).hasSize(4); // at 0, 0.5, 1 and 1.5 epochs

    Memory crashing = new Memory();
    assertThatThrownBy(() -> trained(settings, crashing, FineTuningTest::crash))
        .hasMessage("crash");
    assertThat(crashing.kept).hasSize(2);
    List<Long> steps = new ArrayList<>();
    Map<String, Tensor> resumed = trained(settings, crashing, (step, of, loss) -> steps.add(step));

    assertThat(steps.get(0)).isEqualTo(23);
    assertThat(resumed).isEqualTo(expected);
  }

  private static void crash(long step, long steps, double loss) {
    if (step == 30) {
      throw new IllegalStateException("crash");
    }
  }

  /** A rate that ruins what was learned: the run has to hand back what it was given. */
  @Test
  void aRunThatOnlyHarmsKeepsTheWeightsFromBefore() {
    try (Network network = Network.load(untrained)) {
      FineTuning.run(network, train, settings(2, 0.05, 0, 1), TrainingProgress.SILENT);
      Map<String, Tensor> before = network.toGraph().initializers();
      double accuracy = Evaluator.evaluate(network, validation, 128).top1();

      TrainingSummary summary =
          FineTuning.run(
              network,
              train,
              settings(1, 8, 0, 1),
              LABELS,
              new ValidationChecks(validation, 0.5, 0, Checkpoints.NONE),
              TrainingProgress.SILENT);

      assertThat(summary.checks()).hasSize(3);
      assertThat(summary.checks().get(0).validation().top1()).isEqualTo(accuracy);
      assertThat(summary.checks().subList(1, 3))
          .allSatisfy(check -> assertThat(check.validation().top1()).isLessThan(accuracy));
      assertThat(summary.keptStep()).isZero();
      assertThat(network.toGraph().initializers()).isEqualTo(before);
    }
  }

  @Test
  void theWeightsOfTheBestCheckAreKept() {
    try (Network network = Network.load(untrained)) {
      TrainingSummary summary =
          FineTuning.run(
              network,
              train,
              settings(2, 0.05, 0, 1),
              LABELS,
              new ValidationChecks(validation, 1, 0, Checkpoints.NONE),
              TrainingProgress.SILENT);
      Check best =
          summary.checks().stream().filter(c -> c.step() == summary.keptStep()).findFirst().get();
      assertThat(summary.checks()).noneMatch(c -> c.isBetterThan(best));
      assertThat(Evaluator.evaluate(network, validation, 128)).isEqualTo(best.validation());
      assertThat(best.validation().top1()).isGreaterThan(0.5);
    }
  }

  @Test
  void aRunWithoutProgressEndsEarly() {
    try (Network network = Network.load(untrained)) {
      FineTuning.run(network, train, settings(2, 0.05, 0, 1), TrainingProgress.SILENT);
      TrainingSummary summary =
          FineTuning.run(
              network,
              train,
              settings(4, 8, 0, 1),
              LABELS,
              new ValidationChecks(validation, 0.25, 2, Checkpoints.NONE),
              TrainingProgress.SILENT);
      assertThat(summary.checks()).hasSize(3);
      assertThat(summary.steps())
          .isLessThan(4 * (1400 / 32))
          .isEqualTo(summary.checks().get(2).step());
    }
  }

  /** Against the formula in double arithmetic. */
  @Test
  void distillationIsTheMixOfLossAndDivergence() {
    double weight = 0.7;
    double temperature = 3;
    try (NDManager manager = Torch.newManager();
        Network original = Network.load(Graphs.residual(1, 8, 10));
        Network network = Network.load(Graphs.residual(1, 4, 10));
        Batch batch = train.batch(manager, new int[] {0, 1, 2, 3, 4})) {
      double[][] p = softmax(original.forward(batch.x()).toFloatArray(), temperature);
      double[][] q = softmax(network.forward(batch.x()).toFloatArray(), temperature);
      double[][] hard = softmax(network.forward(batch.x()).toFloatArray(), 1);
      double expected = 0;
      for (int n = 0; n < 5; n++) {
        expected -= (1 - weight) * Math.log(hard[n][train.label(n)]) / 5;
        for (int k = 0; k < 10; k++) {
          expected +=
              weight * temperature * temperature * p[n][k] * Math.log(p[n][k] / q[n][k]) / 5;
        }
      }
      NDArray loss =
          new Distillation(original, LABELS, weight, temperature)
              .of(student(network, batch), batch);
      assertThat((double) loss.getFloat()).isCloseTo(expected, within(1e-5));
    }
  }

  @Test
  void aPenaltyOnTheWeightsMovesThemAlone() {
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(untrained);
        Batch batch = train.batch(manager, new int[] {0, 1, 2, 3, 4})) {
      NDArray weight = network.parameters().values().iterator().next();
      TrainingLoss nothing =
          (student, of) -> {
            NDArray sum = student.logits(ValueHook.NONE).sum();
            return sum.mul(sum.zerosLike());
          };
      TrainingLoss penalised = nothing.plus(0.5, () -> weight.square().sum());
      largestGradient(network, penalised, batch);
      // d(½ Σ w²)/dw = w
      assertThat(weight.getGradient().sub(weight).abs().max().getFloat()).isLessThan(1e-6f);
    }
  }

  /** A network that answers as its teacher does has nothing to learn from it. */
  @Test
  void theTeachersOwnWeightsAreWhereDistillationRests() {
    try (NDManager manager = Torch.newManager();
        Network original = Network.load(untrained);
        Network same = Network.load(untrained);
        Network other = Network.load(Graphs.residual(1, 4, 10));
        Batch batch = train.batch(manager, new int[] {0, 1, 2, 3, 4})) {
      TrainingLoss loss = new Distillation(original, LABELS, 1, 2);
      assertThat(largestGradient(same, loss, batch)).isLessThan(1e-6f);
      assertThat(largestGradient(other, loss, batch)).isGreaterThan(1e-3f);
      assertThat(original.parameters().values()).noneMatch(NDArray::hasGradient);
    }
  }

  private static float largestGradient(Network network, TrainingLoss loss, Batch batch) {
    network.requireGradients(true);
    Autograd.record(
        collector -> {
          collector.backward(loss.of(student(network, batch), batch));
          return null;
        });
    float largest = 0;
    for (NDArray weight : network.parameters().values()) {
      largest = Math.max(largest, weight.getGradient().abs().max().getFloat());
    }
    return largest;
  }

  private static TrainingLoss.Student student(Network network, Batch batch) {
    return hook -> network.logits(batch.x(), Mode.EVAL, hook);
  }

  private static double[][] softmax(float[] logits, double temperature) {
    double[][] rows = new double[logits.length / 10][10];
    for (int n = 0; n < rows.length; n++) {
      double sum = 0;
      for (int k = 0; k < 10; k++) {
        rows[n][k] = Math.exp(logits[10 * n + k] / temperature);
        sum += rows[n][k];
      }
      for (int k = 0; k < 10; k++) {
        rows[n][k] /= sum;
      }
    }
    return rows;
  }

  private Map<String, Tensor> trained(
      FineTuningSettings settings, Checkpoints checkpoints, TrainingProgress progress) {
    try (Network network = Network.load(untrained)) {
      FineTuning.run(
          network,
          train,
          settings,
          LABELS,
          new ValidationChecks(validation, 0.5, 0, checkpoints),
          progress);
      return network.toGraph().initializers();
    }
  }

  private static FineTuningSettings settings(
      double epochs, double learningRate, double warmup, long seed) {
    return new FineTuningSettings(epochs, 32, learningRate, warmup, 0.9, 1e-4, 0, 1, false, seed);
  }

  /** Checkpoints in memory, all of them. */
  private static final class Memory implements Checkpoints {
    private final List<byte[]> kept = new ArrayList<>();

    @Override
    public Optional<byte[]> latest() {
      return kept.isEmpty() ? Optional.empty() : Optional.of(kept.get(kept.size() - 1));
    }

    @Override
    public void keep(byte[] state) {
      kept.add(state);
    }
  }
}
