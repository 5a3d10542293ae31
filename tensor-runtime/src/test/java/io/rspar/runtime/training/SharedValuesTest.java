package io.rspar.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.surgery.Kept;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.runtime.Autograd;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.ValueHook;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.testing.Digits;
import io.rspar.runtime.testing.Graphs;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharedValuesTest {
  private static final double WEIGHT = 3;

  private final Graph original = Graphs.residual(1, 8, 10);
  private final DependencyGraph groups = DependencyGraph.of(original);
  private final Kept kept = new Kept(groups, withoutEveryThirdChannel());
  private final Graph cut = Surgeon.cut(original, groups, withoutEveryThirdChannel());
  private final SharedValues shared = SharedValues.of(cut, kept);
  private final Dataset examples = Digits.train();

  private PruningPlan withoutEveryThirdChannel() {
    return new PruningPlan(
        groups.groups().stream()
            .collect(
                Collectors.toMap(
                    group -> group.id(),
                    group ->
                        IntStream.range(0, group.width())
                            .filter(c -> c % 3 != 1)
                            .boxed()
                            .toList())),
        Optional.empty());
  }

  @Test
  void everyLayerButTheFirstReadsSomethingThatTheOriginalHasToo() {
    List<String> read =
        cut.nodes().stream()
            .filter(node -> List.of("Conv", "Gemm", "MatMul").contains(node.opType()))
            .map(node -> node.input(0))
            .distinct()
            .toList();
    assertThat(read).contains(original.inputs().get(0).name());
    assertThat(shared.size()).isEqualTo(read.size() - 1);
    assertThat(read.stream().filter(shared::contains)).hasSize(read.size() - 1);
  }

  @Test
  void theErrorIsThatOfTheChannelsThatStay() {
    try (NDManager manager = Torch.newManager();
        Network teacher = Network.load(original);
        Network student = Network.load(cut);
        Batch batch = examples.batch(manager, new int[] {0, 1, 2, 3, 4})) {
      Map<String, float[]> wanted = values(teacher, batch, true);
      Map<String, float[]> given = values(student, batch, false);
      assertThat(given).hasSameSizeAs(wanted);
      double expected = 0;
      for (String value : given.keySet()) {
        float[] s = given.get(value);
        float[] t = wanted.get(value);
        assertThat(s).hasSameSizeAs(t);
        double error = 0;
        double size = 0;
        for (int i = 0; i < s.length; i++) {
          error += Math.pow(s[i] - t[i], 2);
          size += Math.pow(t[i], 2);
        }
        expected += WEIGHT * error / size / given.size();
      }
      Distillation predictions = new Distillation(teacher, TrainingLoss.labels(0), 0.5, 2);
      assertThat(
              loss(predictions.withFeatures(WEIGHT, shared), student, batch)
                  - loss(predictions, student, batch))
          .isCloseTo(expected, within(1e-4 * expected));
    }
  }

  @Test
  void itsGradientReachesTheLayersBefore() {
    try (NDManager manager = Torch.newManager();
        Network teacher = Network.load(original);
        Network student = Network.load(cut);
        Batch batch = examples.batch(manager, new int[] {0, 1, 2, 3, 4})) {
      TrainingLoss nothing =
          (network, of) -> {
            NDArray sum = network.logits(ValueHook.NONE).sum();
            return sum.mul(sum.zerosLike());
          };
      student.requireGradients(true);
      Autograd.record(
          collector -> {
            collector.backward(
                new Distillation(teacher, nothing, 0, 1)
                    .withFeatures(WEIGHT, shared)
                    .of(student(student, batch), batch));
            return null;
          });
      // Nothing reads the last layer's output.
      String last = cut.nodes().get(cut.nodes().size() - 1).input(1);
      student
          .parameters()
          .forEach(
              (name, weight) -> {
                float largest = weight.getGradient().abs().max().getFloat();
                if (name.equals(last)) {
                  assertThat(largest).as(name).isZero();
                } else if (weight.getShape().dimension() > 1) {
                  assertThat(largest).as(name).isPositive();
                }
              });
    }
  }

  /** Of the teacher only the channels that stay, picked on the host. */
  private Map<String, float[]> values(Network network, Batch batch, boolean part) {
    Map<String, float[]> values = new HashMap<>();
    network.logits(
        batch.x(),
        Mode.EVAL,
        (name, value) -> {
          if (shared.contains(name)) {
            float[] all = value.toFloatArray();
            long[] shape = value.getShape().getShape();
            values.put(name, part ? staying(name, all, shape) : all);
          }
          return value;
        });
    return values;
  }

  private float[] staying(String name, float[] all, long[] shape) {
    int inner = 1;
    for (int axis = 2; axis < shape.length; axis++) {
      inner *= (int) shape[axis];
    }
    int channels = (int) shape[1];
    int[] stay = kept.indices(name, 1).orElse(IntStream.range(0, channels).toArray());
    float[] part = new float[(int) shape[0] * stay.length * inner];
    for (int n = 0, to = 0; n < shape[0]; n++) {
      for (int c : stay) {
        for (int i = 0; i < inner; i++) {
          part[to++] = all[(n * channels + c) * inner + i];
        }
      }
    }
    return part;
  }

  private static double loss(TrainingLoss loss, Network student, Batch batch) {
    return loss.of(student(student, batch), batch).getFloat();
  }

  private static TrainingLoss.Student student(Network network, Batch batch) {
    return hook -> network.logits(batch.x(), Mode.EVAL, hook);
  }
}
