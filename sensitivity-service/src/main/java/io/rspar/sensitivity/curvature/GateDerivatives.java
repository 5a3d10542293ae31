package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Node;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.criterion.Spearman;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Derivatives of the loss along gates on single channels: what the removal of one channel costs,
 * without any Kronecker approximation.
 *
 * <pre>
 *   γ_n = Σ over consumers Σ_t x_nt · ∂L_n/∂x_nt      x: what the consumer reads of the channel
 * </pre>
 *
 * γ_n is the derivative of example n's loss with respect to a gate on the channel; {@link
 * GateMoments} says what its moments tell. K-FAC takes positions for independent and inputs for
 * independent of gradients; along the directions that matter here both can be had exactly for next
 * to nothing, as the eigenvalue correction of George et al. 2018 (EK-FAC, arXiv 1806.03884) does
 * along the factors' eigenvectors.
 *
 * <p>A normalisation y = γ·x̂ + β before the consumer goes with the channel. Its part needs no term
 * of its own: Σ_t y_t·∂L/∂y_t = γ·∂L/∂γ + β·∂L/∂β, and behind a ReLU, which y·∂L/∂y passes
 * unchanged, that is what the consumer reads. Where no consumer is known, the normalisation itself
 * is asked: K-FAC is not defined for it, but the diagonal of γ and β, with the term between them,
 * is the exact cost of setting both to zero.
 */
public final class GateDerivatives {
  /** Normalisations of N×C×… */
  private static final Set<String> CHANNELS_FIRST =
      Set.of("BatchNormalization", "InstanceNormalization", "GroupNormalization");

  /** Normalisations of N×…×C. */
  private static final Set<String> CHANNELS_LAST = Set.of("LayerNormalization", "RMSNormalization");

  private record Reader(int group, int[][] channels) {}

  private final Map<String, List<Reader>> readers = new LinkedHashMap<>();
  private final Map<String, Boolean> convolutions = new HashMap<>();
  private final Set<String> normalized = new LinkedHashSet<>();
  private final Set<Integer> ofNormalizations = new HashSet<>();

  /** Of the even and of the odd examples. */
  private final List<GateMoments> halves;

  private double[][][] batch;

  /**
   * @param dependencies of the network
   * @param layers by node name
   * @param reads names of what layers read
   */
  GateDerivatives(
      DependencyGraph dependencies, Map<String, WeightedLayer> layers, SeparateReads reads) {
    List<ChannelGroup> groups = dependencies.groups();
    int[] widths = groups.stream().mapToInt(ChannelGroup::width).toArray();
    halves = List.of(new GateMoments(widths), new GateMoments(widths));
    for (int g = 0; g < groups.size(); g++) {
      boolean consumed = false;
      for (Member member : groups.get(g).members(Role.CONSUMER)) {
        WeightedLayer layer = layers.get(member.nodeName());
        if (layer != null && layer.weight().equals(member.tensor())) {
          consumed = true;
          String read = reads.readBy(member.nodeName());
          readers
              .computeIfAbsent(read, name -> new ArrayList<>())
              .add(new Reader(g, inputChannels(layer, member)));
          convolutions.put(read, layer.isConvolution());
        }
      }
      if (!consumed) {
        addNormalizations(dependencies, g, groups.get(g));
      }
    }
  }

  /** Asks the normalisations whose scale has one element per channel of their output. */
  private void addNormalizations(DependencyGraph dependencies, int position, ChannelGroup group) {
    for (Member member : group.members(Role.PARAMETER)) {
      boolean first = CHANNELS_FIRST.contains(member.opType());
      boolean normalizes = first || CHANNELS_LAST.contains(member.opType());
      Node node = dependencies.node(member.nodeName());
      if (normalizes && node.input(1).equals(member.tensor())) {
        String value = node.output(0);
        readers
            .computeIfAbsent(value, name -> new ArrayList<>())
            .add(new Reader(position, member.indices()));
        convolutions.put(value, first);
        normalized.add(value);
        ofNormalizations.add(position);
      }
    }
  }

  /** Outputs of normalisations that are to be added as what layers read is. */
  Set<String> normalized() {
    return normalized;
  }

  /** Whether a group's costs are those of its normalisations, since no consumer is known. */
  public boolean isOfNormalizations(int group) {
    return ofNormalizations.contains(group);
  }

  /** A grouped convolution's weight has one index for the same channel of every group. */
  private static int[][] inputChannels(WeightedLayer layer, Member member) {
    if (layer.groups() == 1) {
      return member.indices();
    }
    int[][] channels = new int[member.indices().length][];
    for (int c = 0; c < channels.length; c++) {
      int[] indices = member.indices()[c];
      channels[c] = new int[indices.length * layer.groups()];
      for (int k = 0; k < layer.groups(); k++) {
        for (int i = 0; i < indices.length; i++) {
          channels[c][k * indices.length + i] = k * layer.inputs() + indices[i];
        }
      }
    }
    return channels;
  }

  /** Names of the values to be told of. */
  Set<String> values() {
    return Collections.unmodifiableSet(readers.keySet());
  }

  /** Begins a batch of examples. */
  void begin(int examples) {
    int[] widths = halves.get(0).widths();
    batch = new double[examples][widths.length][];
    for (double[][] example : batch) {
      Arrays.setAll(example, g -> new double[widths[g]]);
    }
  }

  /**
   * Adds what one layer read, or a normalisation wrote.
   *
   * @param value N×C×… of a convolution, N×…×C of a linear layer
   * @param gradient of the summed loss, of the same shape
   */
  void add(String read, NDArray value, NDArray gradient) {
    if (!readers.containsKey(read)) {
      return;
    }
    float[] sums;
    int examples = (int) value.getShape().get(0);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray product = value.mul(gradient);
      long features =
          convolutions.get(read)
              ? value.getShape().get(1)
              : value.getShape().get(value.getShape().dimension() - 1);
      sums =
          convolutions.get(read)
              ? product.reshape(examples, features, -1).sum(new int[] {2}).toFloatArray()
              : product.reshape(examples, -1, features).sum(new int[] {1}).toFloatArray();
    }
    int features = sums.length / examples;
    for (Reader reader : readers.get(read)) {
      for (int n = 0; n < examples; n++) {
        for (int c = 0; c < reader.channels().length; c++) {
          for (int channel : reader.channels()[c]) {
            batch[n][reader.group()][c] += sums[n * features + channel];
          }
        }
      }
    }
  }

  /** Ends a batch: every example counts by itself. */
  void end() {
    for (int n = 0; n < batch.length; n++) {
      halves.get(n % halves.size()).add(batch[n]);
    }
  }

  /** Writes what was added so far. */
  void write(SumsOutput out) throws IOException {
    for (GateMoments half : halves) {
      half.write(out);
    }
  }

  /** Adds what other examples say of the same groups. */
  void add(SumsInput in) throws IOException {
    for (GateMoments half : halves) {
      half.add(in);
    }
  }

  /** Of all examples. */
  public GateMoments moments() {
    return halves.get(0).plus(halves.get(1));
  }

  /**
   * How well two disjoint halves of the examples agree on the costs of all channels: Spearman's
   * rank correlation.
   *
   * @param costs of the channels, by group
   * @return −1 to 1; NaN where there are no two halves, or no two channels
   */
  public double agreement(Function<GateMoments, double[][]> costs) {
    if (halves.stream().anyMatch(half -> half.samples() == 0)) {
      return Double.NaN;
    }
    double[] even = flat(costs.apply(halves.get(0)));
    double[] odd = flat(costs.apply(halves.get(1)));
    return even.length < 2 ? Double.NaN : Spearman.rho(even, odd);
  }

  private static double[] flat(double[][] groups) {
    return Arrays.stream(groups).flatMapToDouble(Arrays::stream).toArray();
  }
}
