package io.rspar.pruner.compensation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Graph;
import io.rspar.graph.Tensor;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.graph.surgery.Kept;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.kernel.HostTensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Repairs a cut network from its weights alone, in closed form, after Bai et al. 2023 (Unified
 * Data-Free Compression, ICCV, arXiv 2308.07209): what a removed channel j computes is taken for a
 * linear combination of what the kept channels i compute,
 *
 * <pre>
 *   s = argmin ‖v_j − Σ_i s_i v_i‖² + λ‖s‖²
 *   W[k, i] += s_i · W[k, j]     in every layer that reads the group
 * </pre>
 *
 * where v_c holds the weights that compute channel c, scaled by γ⁄σ of the BatchNorm behind them,
 * and the constant that both add. A channel of a residual stream is the sum of what several layers
 * compute; their weights follow one another in v_c. That a non-linearity lies between a channel and
 * its readers is ignored, as in the paper. Groups are taken in network order, each as the
 * compensation of those before it left it.
 */
final class LinearCombination {
  /** λ, as a fraction of the mean ‖v_i‖². */
  private static final double RIDGE = 1e-3;

  private final Graph original;
  private final DependencyGraph dependencies;
  private final Kept kept;

  /** Weights in the original's shapes; removed channels are no longer read. */
  private final Map<String, float[]> weights = new LinkedHashMap<>();

  LinearCombination(Graph original, Kept kept) {
    this.original = original;
    this.kept = kept;
    this.dependencies = kept.dependencies();
  }

  /**
   * Compensates.
   *
   * @param cut the cut network, whose weights are changed
   */
  void repair(Network cut) {
    List<ChannelGroup> groups = dependencies.groups();
    for (int g = 0; g < groups.size(); g++) {
      int group = g;
      int width = groups.get(g).width();
      int[] stay = IntStream.range(0, width).filter(c -> kept.stays(group, c)).toArray();
      int[] go = IntStream.range(0, width).filter(c -> !kept.stays(group, c)).toArray();
      if (go.length == 0) {
        continue;
      }
      double[][] described = describe(groups.get(g));
      if (described[0].length > 0) {
        absorb(groups.get(g), stay, go, combinations(described, stay, go));
      }
    }
    try (NDManager manager = Torch.newManager()) {
      weights.forEach(
          (name, values) -> {
            NDArray parameter = cut.parameters().get(name);
            if (parameter != null) {
              Tensor full = Tensor.ofFloats(tensor(name).shape(), values);
              HostTensors.upload(manager, kept.slice(name, full)).copyTo(parameter);
            }
          });
    }
  }

  private Tensor tensor(String name) {
    return dependencies.shapes().constant(name).orElseThrow();
  }

  private float[] values(String name) {
    return weights.computeIfAbsent(name, key -> tensor(key).toFloats());
  }

  /** Where the elements of a weight lie that have a given index on one axis. */
  private record Lines(int before, int extent, int after) {
    static Lines of(Tensor tensor, int axis) {
      long[] shape = tensor.shape().toArray();
      int after = (int) Arrays.stream(shape, axis + 1, shape.length).reduce(1, (a, b) -> a * b);
      return new Lines(tensor.elements() / after / (int) shape[axis], (int) shape[axis], after);
    }

    int elements() {
      return before * after;
    }

    int place(int index, int element) {
      return (element / after * extent + index) * after + element % after;
    }
  }

  /** v: one row per channel, the constant last; empty where no weight computes the channels. */
  private double[][] describe(ChannelGroup group) {
    List<Member> producers = group.members(Role.PRODUCER);
    int length =
        producers.stream()
            .filter(p -> !isBias(p))
            .mapToInt(
                p -> p.indices()[0].length * Lines.of(tensor(p.tensor()), p.axis()).elements())
            .sum();
    double[][] described = new double[group.width()][length == 0 ? 0 : length + 1];
    if (length == 0) {
      return described;
    }
    int first = 0;
    for (Member producer : producers) {
      Normalisation behind =
          Normalisation.behind(dependencies.node(producer.nodeName()), original, dependencies);
      Lines lines = Lines.of(tensor(producer.tensor()), producer.axis());
      float[] all = values(producer.tensor());
      for (int c = 0; c < group.width(); c++) {
        int at = first;
        for (int index : producer.indices()[c]) {
          double scale = behind.scale(index);
          if (isBias(producer)) {
            described[c][length] += scale * all[index];
          } else {
            for (int element = 0; element < lines.elements(); element++) {
              described[c][at++] = scale * all[lines.place(index, element)];
            }
            described[c][length] += behind.shift(index);
          }
        }
      }
      first += isBias(producer) ? 0 : producer.indices()[0].length * lines.elements();
    }
    return described;
  }

  private boolean isBias(Member producer) {
    return tensor(producer.tensor()).shape().rank() == 1;
  }

  /** S: kept × removed. */
  private static double[][] combinations(double[][] described, int[] stay, int[] go) {
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray known = matrix(manager, described, stay);
      NDArray wanted = matrix(manager, described, go);
      NDArray gram = known.matMul(known.transpose());
      NDArray identity = manager.eye(stay.length, stay.length, 0, DataType.FLOAT64);
      double mean = gram.mul(identity).sum().getDouble() / stay.length;
      NDArray ridge = identity.mul(Math.max(Double.MIN_NORMAL, RIDGE * mean));
      double[] flat =
          gram.add(ridge).inverse().matMul(known.matMul(wanted.transpose())).toDoubleArray();
      double[][] combinations = new double[stay.length][];
      for (int i = 0; i < combinations.length; i++) {
        combinations[i] = Arrays.copyOfRange(flat, i * go.length, (i + 1) * go.length);
      }
      return combinations;
    }
  }

  private static NDArray matrix(NDManager manager, double[][] described, int[] channels) {
    double[] flat =
        Arrays.stream(channels).boxed().flatMapToDouble(c -> Arrays.stream(described[c])).toArray();
    return manager.create(flat, new Shape(channels.length, flat.length / channels.length));
  }

  /** W[·, i] += s_ij · W[·, j], and W[·, j] = 0. */
  private void absorb(ChannelGroup group, int[] stay, int[] go, double[][] combinations) {
    for (Member consumer : group.members(Role.CONSUMER)) {
      float[] all = values(consumer.tensor());
      Lines lines = Lines.of(tensor(consumer.tensor()), consumer.axis());
      for (int j = 0; j < go.length; j++) {
        int[] removed = consumer.indices()[go[j]];
        for (int n = 0; n < removed.length; n++) {
          for (int element = 0; element < lines.elements(); element++) {
            int from = lines.place(removed[n], element);
            for (int i = 0; i < stay.length; i++) {
              int to = lines.place(consumer.indices()[stay[i]][n], element);
              all[to] += (float) (combinations[i][j] * all[from]);
            }
            all[from] = 0;
          }
        }
      }
    }
  }
}
