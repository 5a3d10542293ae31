package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Fisher information along single directions: what the removal of one channel costs to second
 * order, without any Kronecker approximation.
 *
 * <pre>
 *   γ_n = Σ over consumers Σ_t x_nt · ∂L_n/∂x_nt      x: what the consumer reads of the channel
 *   cost = ½ · E_n[γ_n²]
 * </pre>
 *
 * γ_n is the derivative of example n's loss with respect to a gate on the channel. K-FAC takes
 * positions for independent and inputs for independent of gradients; along the directions that
 * matter here both can be had exactly for next to nothing, as the eigenvalue correction of George
 * et al. 2018 (EK-FAC, arXiv 1806.03884) does along the factors' eigenvectors.
 */
public final class DirectionalFisher {
  private record Reader(int group, int[][] channels) {}

  private final Map<String, List<Reader>> readers = new LinkedHashMap<>();
  private final Map<String, Boolean> convolutions = new HashMap<>();
  private final double[][] squares;
  private double[][][] batch;
  private long samples;

  /**
   * @param groups groups of channels
   * @param layers by node name
   * @param reads names of what layers read
   */
  DirectionalFisher(
      List<ChannelGroup> groups, Map<String, WeightedLayer> layers, SeparateReads reads) {
    squares = new double[groups.size()][];
    for (int g = 0; g < squares.length; g++) {
      squares[g] = new double[groups.get(g).width()];
      for (Member member : groups.get(g).members(Role.CONSUMER)) {
        WeightedLayer layer = layers.get(member.nodeName());
        if (layer != null && layer.weight().equals(member.tensor())) {
          String read = reads.readBy(member.nodeName());
          readers
              .computeIfAbsent(read, name -> new ArrayList<>())
              .add(new Reader(g, inputChannels(layer, member)));
          convolutions.put(read, layer.isConvolution());
        }
      }
    }
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

  /** Begins a batch of examples. */
  void begin(int examples) {
    batch = new double[squares.length][][];
    for (int g = 0; g < squares.length; g++) {
      batch[g] = new double[examples][squares[g].length];
    }
  }

  /**
   * Adds what one layer read.
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
      double[][] rows = batch[reader.group()];
      for (int n = 0; n < examples; n++) {
        for (int c = 0; c < reader.channels().length; c++) {
          for (int channel : reader.channels()[c]) {
            rows[n][c] += sums[n * features + channel];
          }
        }
      }
    }
  }

  /** Ends a batch: every example counts by its own square. */
  void end() {
    for (int g = 0; g < squares.length; g++) {
      for (double[] row : batch[g]) {
        for (int c = 0; c < row.length; c++) {
          squares[g][c] += row[c] * row[c];
        }
      }
    }
    samples += batch.length == 0 ? 0 : batch[0].length;
  }

  /** ½·E_n[γ_n²] of a group's channels, in nats; zero where no consumer is known. */
  public double[] costs(int group) {
    double[] costs = squares[group].clone();
    for (int c = 0; c < costs.length; c++) {
      costs[c] /= 2.0 * samples;
    }
    return costs;
  }
}
