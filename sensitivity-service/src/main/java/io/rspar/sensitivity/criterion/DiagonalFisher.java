package io.rspar.sensitivity.criterion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.events.GroupReduction;
import io.rspar.graph.Node;
import io.rspar.graph.shape.Shapes;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.LayerObserver;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.layer.Lattice;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Diagonal of the Fisher information: ½·Σ w²·E_n[(∂L_n/∂w)²] over a channel's weights, with
 * per-example gradients (the square of a batch's gradient is something else, and its scale depends
 * on the batch size). In nats, second-order like Optimal Brain Damage (LeCun et al. 1990), but
 * without any interaction of weights.
 *
 * <p>An example's gradient of a convolution or linear map is the product of its output gradients
 * and patches, so one batched product per layer gives all of them; γ and β of BatchNorm likewise.
 */
final class DiagonalFisher implements ChannelCriterion {
  private static final long PATCH_BYTES = 32L << 20;

  @Override
  public SensitivityReport measure(Subject subject, Progress progress) {
    int samples = subject.samples();
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(subject.graph())) {
      Squares squares = new Squares(subject, network, manager);
      LabelSampler labels = subject.labels();
      int done = 0;
      for (int[] indices : Batches.sequential(samples, subject.settings().getBatchSize())) {
        try (Batch batch = subject.calibration().batch(manager, indices)) {
          network.observe(batch, labels, squares.nodes(), squares);
        }
        done += indices.length;
        progress.report(
            (double) done / samples,
            "squared gradients of " + done + " of " + samples + " examples");
      }
      Map<String, float[]> products = new HashMap<>();
      Map<String, long[]> shapes = new HashMap<>();
      squares.sums.forEach(
          (name, sum) -> {
            NDArray weight = network.parameters().get(name);
            float[] values = weight.toFloatArray();
            double[] square = sum.toDoubleArray();
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) (0.5 * values[i] * values[i] * square[i] / samples);
            }
            products.put(name, values);
            shapes.put(name, weight.getShape().getShape());
          });
      MemberSums scores =
          new MemberSums(products, shapes, x -> x, subject.reduction(GroupReduction.SUM));
      return Scores.report("DIAGONAL_FISHER", true, samples, subject.groups(), scores::of);
    }
  }

  /** Sums Σ_n (∂L_n/∂w)², in the layout of the weights. */
  private static final class Squares implements LayerObserver {
    private final Network network;
    private final NDManager manager;
    private final Map<String, WeightedLayer> layers = new HashMap<>();
    private final Map<String, Node> normalizations = new HashMap<>();
    private final Map<String, NDArray> sums = new LinkedHashMap<>();

    Squares(Subject subject, Network network, NDManager manager) {
      this.network = network;
      this.manager = manager;
      Shapes shapes = Shapes.infer(subject.graph());
      for (Node node : subject.graph().nodes()) {
        WeightedLayer.of(shapes, node)
            .filter(layer -> network.parameters().containsKey(layer.weight()))
            .ifPresent(layer -> layers.put(node.name(), layer));
        if (node.opType().equals("BatchNormalization")
            && network.parameters().containsKey(node.input(1))) {
          normalizations.put(node.name(), node);
        }
      }
    }

    Set<String> nodes() {
      Set<String> names = new TreeSet<>(layers.keySet());
      names.addAll(normalizations.keySet());
      return names;
    }

    @Override
    public void onLayer(Node node, NDArray input, NDArray outputGradient) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        if (layers.containsKey(node.name())) {
          addLayer(layers.get(node.name()), input, outputGradient);
        } else {
          addNormalization(node, input, outputGradient);
        }
      }
    }

    private void addLayer(WeightedLayer layer, NDArray input, NDArray outputGradient) {
      long examples = input.getShape().get(0);
      long bytes = 4L * layer.inputs() * layer.patch() * outputGradient.size() / examples;
      long chunk = Math.max(1, PATCH_BYTES / Math.max(1, bytes / Math.max(1, layer.outputs())));
      for (long from = 0; from < examples; from += chunk) {
        NDIndex some = new NDIndex("{}:{}", from, Math.min(examples, from + chunk));
        for (int k = 0; k < layer.groups(); k++) {
          // Without the bias column: a bias is a parameter of its own.
          NDArray patches =
              layer
                  .patches(input.get(some), k, Lattice.EVERY)
                  .get(new NDIndex(":, 0:{}", layer.inputs() * layer.patch()));
          NDArray gradients = layer.gradients(outputGradient.get(some), k);
          NDArray square = gradients.matMul(patches.transpose(0, 2, 1)).square().sum(new int[] {0});
          add(layer, k, square);
        }
      }
    }

    /** O×I of one convolution group into the weight's layout. */
    private void add(WeightedLayer layer, int group, NDArray square) {
      NDArray sum = sum(layer.weight());
      NDArray doubles = square.toType(DataType.FLOAT64, false);
      if (layer.isTransposed()) {
        sum.addi(doubles.transpose());
      } else {
        sum.reshape(layer.groups(), layer.outputs(), -1).get(group).addi(doubles);
      }
    }

    private void addNormalization(Node node, NDArray input, NDArray outputGradient) {
      NDArray gradient = perChannel(outputGradient);
      NDArray mean = network.statistics().get(node.input(3)).reshape(1, -1, 1);
      NDArray variance = network.statistics().get(node.input(4)).reshape(1, -1, 1);
      NDArray normalized =
          perChannel(input)
              .sub(mean)
              .div(variance.add(node.floatAttribute("epsilon", 1e-5f)).sqrt());
      sum(node.input(1)).addi(squares(gradient.mul(normalized)));
      sum(node.input(2)).addi(squares(gradient));
    }

    /** N×C×T → Σ_n (Σ_t)², C. */
    private static NDArray squares(NDArray values) {
      return values.sum(new int[] {2}).square().sum(new int[] {0}).toType(DataType.FLOAT64, false);
    }

    private static NDArray perChannel(NDArray value) {
      Shape shape = value.getShape();
      return value.reshape(shape.get(0), shape.get(1), -1);
    }

    private NDArray sum(String weight) {
      return sums.computeIfAbsent(
          weight,
          name -> {
            NDArray zeros =
                manager.zeros(network.parameters().get(name).getShape(), DataType.FLOAT64);
            NDScope.unregister(zeros);
            return zeros;
          });
    }
  }
}
