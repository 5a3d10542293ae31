package io.rspar.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.nn.Activation;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.runtime.ChannelMasks.Mask;
import io.rspar.runtime.kernel.HostTensors;
import io.rspar.runtime.kernel.Mode;
import io.rspar.runtime.testing.Graphs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Changes of a network that are tried without cutting or loading it again. */
class VariantsTest {
  private static final long[] LABELS = {1, 0, 3};

  private final NDManager manager = Torch.newManager();
  private final Graph graph = Graphs.residual(2, 4, 4);
  private final Network network = Network.load(graph);
  private NDArray x;

  @BeforeEach
  void upload() {
    x = HostTensors.upload(manager, Graphs.random(new SplittableRandom(3), 1, 3, 2, 8, 8));
  }

  @AfterEach
  void close() {
    network.close();
    manager.close();
  }

  private float[] logits() {
    return network.logits(x, Mode.EVAL).toFloatArray();
  }

  private double lossOf(float[] theta) {
    NDArray mask = Activation.sigmoid(manager.create(theta));
    NDArray scores =
        network.logits(x, Mode.EVAL, new ChannelMasks(Map.of("block1", new Mask(1, mask))));
    return CrossEntropy.sum(scores, manager.create(LABELS)).getFloat();
  }

  /** The residual block reads its mask on both branches; the gradient must come through both. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void taskLossAloneMovesMaskLogits(boolean trainWeights) {
    float[] values = {0.3f, -0.5f, 1.2f, 0};
    NDArray theta = manager.create(values);
    theta.setRequiresGradient(true);
    network.requireGradients(trainWeights);
    Autograd.record(
        collector -> {
          NDArray mask = Activation.sigmoid(theta);
          NDArray scores =
              network.logits(x, Mode.EVAL, new ChannelMasks(Map.of("block1", new Mask(1, mask))));
          collector.backward(CrossEntropy.sum(scores, manager.create(LABELS)));
          return null;
        });
    float[] gradient = theta.getGradient().toFloatArray();
    for (int i = 0; i < values.length; i++) {
      float[] up = values.clone();
      float[] down = values.clone();
      up[i] += 1e-3f;
      down[i] -= 1e-3f;
      double difference = (lossOf(up) - lossOf(down)) / 2e-3;
      assertThat(Math.abs(difference)).as("the channel matters").isGreaterThan(1e-3);
      assertThat((double) gradient[i])
          .isCloseTo(difference, within(2e-3 + 0.01 * Math.abs(difference)));
    }
    assertThat(network.parameters().get("stem.weight").hasGradient()).isEqualTo(trainWeights);
    if (trainWeights) {
      NDArray weight = network.parameters().get("stem.weight");
      assertThat(weight.getGradient().abs().sum().getFloat()).isPositive();
    }
  }

  @Test
  void parametersComputedFromOthersPassGradientsOn() {
    NDArray own = network.parameters().get("fc.weight");
    NDArray scale = manager.create(new float[] {1, 0.5f, 2, 1}).reshape(4, 1);
    scale.setRequiresGradient(true);
    Autograd.record(
        collector -> {
          try (NDArray scaled = own.mul(scale);
              Replacement replaced = network.replace(Map.of("fc.weight", scaled))) {
            NDArray scores = network.logits(x, Mode.EVAL);
            collector.backward(CrossEntropy.sum(scores, manager.create(LABELS)));
          }
          return null;
        });
    assertThat(scale.getGradient().abs().min().getFloat()).isPositive();
  }

  /** A masked channel is a channel whose consumers do not read it. */
  @Test
  void maskingAValueEqualsZeroingWhatItsConsumersMakeOfIt() {
    NDArray keep = manager.create(new float[] {1, 0, 1, 0});
    float[] masked =
        network
            .logits(x, Mode.EVAL, new ChannelMasks(Map.of("a", new Mask(-3, keep))))
            .toFloatArray();
    NDArray zeroed = network.parameters().get("b.weight").mul(keep.reshape(1, 4, 1, 1));
    float[] before = logits();
    float[] replaced;
    try (Replacement r = network.replace(Map.of("b.weight", zeroed))) {
      replaced = logits();
    }
    assertThat(replaced).containsExactly(masked, within(1e-5f));
    assertThat(replaced).isNotEqualTo(before);
    assertThat(logits()).isEqualTo(before);
  }

  @Test
  void replacementsEqualTheGraphWithTheseWeightsAndGoAwayAfterAFailure() {
    Tensor other = Graphs.random(new SplittableRandom(5), 1, 4, 8);
    Map<String, Tensor> tensors = new LinkedHashMap<>(graph.initializers());
    tensors.put("fc.weight", other);
    float[] expected;
    try (Network changed = Network.load(graph.withNodesAndInitializers(graph.nodes(), tensors))) {
      expected = changed.logits(x, Mode.EVAL).toFloatArray();
    }
    float[] before = logits();
    NDArray weight = HostTensors.upload(manager, other);
    assertThatThrownBy(
            () -> {
              try (Replacement r = network.replace(Map.of("fc.weight", weight))) {
                assertThat(logits()).isEqualTo(expected);
                assertThat(network.parameters().get("fc.weight")).isSameAs(weight);
                assertThat(network.toGraph().initializers().get("fc.weight").toFloats())
                    .isEqualTo(other.toFloats());
                throw new IllegalStateException("in between");
              }
            })
        .hasMessage("in between");
    assertThat(logits()).isEqualTo(before);
  }

  @Test
  void replacementsThatDoNotFitAreRefusedByName() {
    assertThatThrownBy(
            () -> network.replace(Map.of("fc.weight", manager.create(new float[] {1, 2}))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("'fc.weight' of shape 4×8");
    assertThatThrownBy(() -> network.replace(Map.of("nowhere", x)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("nowhere");
  }

  /** For every parameter: the same logits as a whole pass, without computing what lies before. */
  @Test
  void passesGoOnFromTheFrontierOfAChange() {
    for (String name : List.copyOf(network.parameters().keySet())) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        Set<String> frontier = network.frontier(Set.of(name));
        Map<String, NDArray> known = network.values(Map.of("x", x), frontier);
        NDArray variant = network.parameters().get(name).mul(1.5f);
        try (Replacement r = network.replace(Map.of(name, variant))) {
          List<String> computed = new ArrayList<>();
          ValueHook watch =
              (value, array) -> {
                computed.add(value);
                return array;
              };
          float[] whole = logits();
          float[] rest = network.logits(known, Mode.EVAL, watch).toFloatArray();
          float[] again = network.logits(known, Mode.EVAL, ValueHook.NONE).toFloatArray();
          assertThat(rest).as(name).isEqualTo(whole);
          assertThat(again).as(name + ", known values stay open").isEqualTo(whole);
          if (name.startsWith("d.")) {
            assertThat(computed).doesNotContain("stem_conv", "a_conv", "b_conv", "c_bn");
            assertThat(computed).contains("sum2", "logits");
          }
        }
      }
    }
  }

  @Test
  void frontierOfAMaskedValueIsTheValueAndWhatJoinsItLater() {
    Set<String> frontier = network.frontier(Set.of("c"));
    assertThat(frontier).containsExactlyInAnyOrder("c", "short");
    Map<String, NDArray> known = network.values(Map.of("x", x), frontier);
    ValueHook masks =
        new ChannelMasks(
            Map.of("c", new Mask(1, manager.create(new float[] {0, 1, 1, 1, 0, 1, 1, 1}))));
    assertThat(network.logits(known, Mode.EVAL, masks).toFloatArray())
        .isEqualTo(network.logits(x, Mode.EVAL, masks).toFloatArray());
  }

  @Test
  void whatIsMissingIsNamed() {
    Map<String, NDArray> known = network.values(Map.of("x", x), Set.of("c"));
    assertThatThrownBy(() -> network.logits(known, Mode.EVAL, ValueHook.NONE))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("reads the inputs [x]");
    assertThatThrownBy(() -> network.values(Map.of("x", x), Set.of("nowhere")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("nowhere");
  }

  @Test
  void valuesOfInputsAndConstantsAreHandlesOfTheirOwn() {
    Map<String, NDArray> values = network.values(Map.of("x", x), Set.of("x", "fc.bias", "logits"));
    assertThat(new LinkedHashSet<>(values.keySet())).isEqualTo(Set.of("x", "fc.bias", "logits"));
    values.values().forEach(NDArray::close);
    assertThat(x.isReleased()).isFalse();
    assertThat(network.parameters().get("fc.bias").isReleased()).isFalse();
    assertThat(Shape.of(network.logits(x, Mode.EVAL).getShape().getShape())).hasToString("3×4");
  }
}
