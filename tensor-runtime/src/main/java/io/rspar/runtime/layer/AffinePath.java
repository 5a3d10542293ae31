package io.rspar.runtime.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.shape.Shapes;
import io.rspar.runtime.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What happens to a layer's output until something non-linear or a branch: normalisation with fixed
 * statistics, biases, additions of other values (residual connections). What the layer's output
 * should have been follows from what the end of the path should have been.
 *
 * @param end the value at the end; the layer's own output if nothing affine follows
 * @param stages from the layer on
 */
public record AffinePath(String end, List<Stage> stages) {
  /** A normalisation that scales a channel by less than this part of its largest has closed it. */
  private static final double CLOSED = 1e-4;

  /** One operation on the way. */
  public sealed interface Stage {}

  /** BatchNormalization: γ·(s − μ)/√(σ² + ε) + β. */
  public record Normalization(Node node) implements Stage {}

  /** Addition of a constant per channel, which belongs to this layer alone. */
  public record Bias(String tensor) implements Stage {}

  /** Addition of another activation of the same shape. */
  public record Sum(String other) implements Stage {}

  public AffinePath {
    stages = List.copyOf(stages);
  }

  /** Paths of one network. */
  public static final class Finder {
    private final Network network;
    private final Shapes shapes;
    private final Map<String, List<Node>> readers = new HashMap<>();
    private final Set<String> outputs = new HashSet<>();

    public Finder(Graph graph, Shapes shapes, Network network) {
      this.network = network;
      this.shapes = shapes;
      for (Node node : graph.nodes()) {
        for (String input : node.inputs()) {
          readers.computeIfAbsent(input, name -> new ArrayList<>()).add(node);
        }
      }
      graph.outputs().forEach(output -> outputs.add(output.name()));
    }

    /**
     * The path that begins at a layer's output.
     *
     * @param channels extent of the output's channel axis
     */
    public AffinePath from(Node layer, long channels) {
      List<Stage> stages = new ArrayList<>();
      String value = layer.output(0);
      Optional<Node> next = onlyReader(value);
      while (next.isPresent()) {
        Node node = next.get();
        Optional<Stage> stage = stage(node, value, channels);
        if (stage.isPresent()) {
          stages.add(stage.get());
        } else if (!node.opType().equals("Identity")) {
          break;
        }
        value = node.output(0);
        next = onlyReader(value);
      }
      return new AffinePath(value, stages);
    }

    private Optional<Node> onlyReader(String value) {
      List<Node> found = readers.getOrDefault(value, List.of());
      return found.size() == 1 && !outputs.contains(value)
          ? Optional.of(found.get(0))
          : Optional.empty();
    }

    private Optional<Stage> stage(Node node, String value, long channels) {
      if (node.opType().equals("BatchNormalization")) {
        return network.statistics().containsKey(node.input(3))
                && network.parameters().containsKey(node.input(1))
                && network.parameters().containsKey(node.input(2))
            ? Optional.of(new Normalization(node))
            : Optional.empty();
      }
      if (!node.opType().equals("Add")) {
        return Optional.empty();
      }
      String other = node.input(0).equals(value) ? node.input(1) : node.input(0);
      NDArray bias = network.parameters().get(other);
      if (bias == null) {
        return network.isConstant(other)
                || other.equals(value)
                || !shapes.shape(other).equals(shapes.shape(value))
            ? Optional.empty()
            : Optional.of(new Sum(other));
      }
      return bias.size() == channels && readers.get(other).size() == 1
          ? Optional.of(new Bias(other))
          : Optional.empty();
    }
  }

  /** Other values that are added on the way. */
  public List<String> others() {
    return stages.stream()
        .filter(Sum.class::isInstance)
        .map(stage -> ((Sum) stage).other())
        .toList();
  }

  /** Running mean of the first normalisation on the way that nothing else is added before. */
  public Optional<String> shiftedMean() {
    return !stages.isEmpty() && stages.get(0) instanceof Normalization first
        ? Optional.of(first.node().input(3))
        : Optional.empty();
  }

  /** Bias that is added to the layer's output itself. */
  public Optional<String> addedBias() {
    return !stages.isEmpty() && stages.get(0) instanceof Bias first
        ? Optional.of(first.tensor())
        : Optional.empty();
  }

  /**
   * What the layer's output must be for the path to end in a given value. Channels that a
   * normalisation scales by next to nothing come out as anything: see {@link #open}.
   *
   * @param value N×C×… or N×…×C
   * @param channelAxis axis of C
   * @param other the values that are added on the way, by name; of the shape of {@code value}
   */
  public NDArray invert(
      NDArray value, int channelAxis, Network network, Function<String, NDArray> other) {
    NDArray result = value;
    for (int i = stages.size() - 1; i >= 0; i--) {
      Stage stage = stages.get(i);
      if (stage instanceof Sum sum) {
        result = result.sub(other.apply(sum.other()));
      } else if (stage instanceof Bias bias) {
        result = result.sub(along(network.parameters().get(bias.tensor()), result, channelAxis));
      } else if (stage instanceof Normalization normalization) {
        Node node = normalization.node();
        NDArray shift = along(network.parameters().get(node.input(2)), result, channelAxis);
        NDArray mean = along(network.statistics().get(node.input(3)), result, channelAxis);
        NDArray scale = along(scale(node, network), result, channelAxis);
        result = result.sub(shift).div(scale).add(mean);
      }
    }
    return result;
  }

  /**
   * Which channels of the layer's output reach the end of the path at all.
   *
   * @return C, 1 or 0; empty if all do
   */
  public Optional<NDArray> open(Network network) {
    NDArray open = null;
    for (Stage stage : stages) {
      if (stage instanceof Normalization normalization) {
        NDArray scale = scale(normalization.node(), network).abs();
        NDArray here = scale.gt(scale.max().mul(CLOSED)).toType(scale.getDataType(), false);
        open = open == null ? here : open.mul(here);
      }
    }
    return Optional.ofNullable(open);
  }

  /** γ/√(σ² + ε). */
  private static NDArray scale(Node node, Network network) {
    NDArray variance = network.statistics().get(node.input(4));
    return network
        .parameters()
        .get(node.input(1))
        .div(variance.add(node.floatAttribute("epsilon", 1e-5f)).sqrt());
  }

  private static NDArray along(NDArray perChannel, NDArray value, int channelAxis) {
    long[] shape = new long[value.getShape().dimension()];
    Arrays.fill(shape, 1);
    shape[channelAxis] = perChannel.size();
    return perChannel.reshape(new Shape(shape));
  }
}
