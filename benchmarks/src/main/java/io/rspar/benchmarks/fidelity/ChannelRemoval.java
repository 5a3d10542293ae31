package io.rspar.benchmarks.fidelity;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.LayerwisePass;
import io.rspar.runtime.Network;
import io.rspar.runtime.Savepoint;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.layer.AdjustableLayer;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.runtime.training.Predictions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The truth that scores are to predict: every channel is removed alone, its columns zeroed in all
 * its consumers, and nothing else changed; what the network then loses is measured on held-out
 * examples.
 */
final class ChannelRemoval {
  private static final int BATCH = 250;

  private final Network network;
  private final Map<String, AdjustableLayer> layers;
  private final Dataset examples;

  ChannelRemoval(Network network, Dataset examples) {
    this.network = network;
    this.layers = AdjustableLayer.of(network);
    this.examples = examples;
  }

  /**
   * Measured changes of one group's channels, in nats per example.
   *
   * @param loss change of the mean cross-entropy
   * @param even the same on every second example
   * @param odd the same on the others
   * @param divergence KL(original ‖ without the channel)
   */
  record Truth(double[] loss, double[] even, double[] odd, double[] divergence) {}

  /** One per group, in their order. */
  List<Truth> measure(List<ChannelGroup> groups, Consumer<String> progress) {
    Truth[] truths = new Truth[groups.size()];
    try (NDManager manager = Torch.newManager();
        Savepoint savepoint = network.savepoint();
        LayerwisePass passes = network.layerwise(examples.batches(manager, BATCH), Set.of())) {
      List<String> order = passes.nodes().stream().map(Node::name).toList();
      Predictions original = Predictions.of(passes);
      List<Integer> sorted = new ArrayList<>(IntStream.range(0, groups.size()).boxed().toList());
      sorted.sort(Comparator.comparingInt(g -> firstConsumer(groups.get(g), order)));
      for (int g : sorted) {
        ChannelGroup group = groups.get(g);
        progress.accept("removing the channels of " + group.id() + " one by one");
        passes.runBefore(passes.nodes().get(firstConsumer(group, order)));
        Truth truth =
            new Truth(
                new double[group.width()],
                new double[group.width()],
                new double[group.width()],
                new double[group.width()]);
        for (int channel = 0; channel < group.width(); channel++) {
          remove(manager, group, channel);
          Predictions now = Predictions.of(passes);
          savepoint.restore();
          truth.loss()[channel] = now.lossChange(original, examples, 0, 1);
          truth.even()[channel] = now.lossChange(original, examples, 0, 2);
          truth.odd()[channel] = now.lossChange(original, examples, 1, 2);
          truth.divergence()[channel] = now.divergence(original);
        }
        truths[g] = truth;
      }
    }
    return List.of(truths);
  }

  private static int firstConsumer(ChannelGroup group, List<String> order) {
    return group.members(Role.CONSUMER).stream()
        .mapToInt(member -> order.indexOf(member.nodeName()))
        .min()
        .orElse(0);
  }

  private void remove(NDManager manager, ChannelGroup group, int channel) {
    for (Member member : group.members(Role.CONSUMER)) {
      AdjustableLayer adjustable = layers.get(member.nodeName());
      WeightedLayer layer = adjustable.layer();
      int columns = layer.columns();
      float[] change = new float[layer.groups() * layer.outputs() * columns];
      for (int k = 0; k < layer.groups(); k++) {
        for (int o = 0; o < layer.outputs(); o++) {
          for (int index : member.indices()[channel]) {
            for (int i = index * layer.patch(); i < (index + 1) * layer.patch(); i++) {
              change[(k * layer.outputs() + o) * columns + i] =
                  (float) -layer.rows()[k][o * columns + i];
            }
          }
        }
      }
      try (NDArray array =
          manager.create(change, new Shape(layer.groups(), layer.outputs(), columns))) {
        adjustable.add(network, array);
      }
    }
  }
}
