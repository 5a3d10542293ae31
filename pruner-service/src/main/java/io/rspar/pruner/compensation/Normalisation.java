package io.rspar.pruner.compensation;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import io.rspar.graph.coupling.DependencyGraph;
import java.util.List;
import java.util.Optional;

/**
 * What the BatchNorm right behind a layer does to its outputs: y ↦ scale·y + shift per channel.
 *
 * @param scales γ ⁄ σ; empty where no BatchNorm follows
 * @param shifts β − μ·γ ⁄ σ
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
record Normalisation(double[] scales, double[] shifts) {
  private static final Normalisation NONE = new Normalisation(new double[0], new double[0]);

  static Normalisation behind(Node layer, Graph graph, DependencyGraph dependencies) {
    List<Node> readers =
        graph.nodes().stream().filter(n -> n.inputs().contains(layer.output(0))).toList();
    if (readers.size() != 1 || !readers.get(0).opType().equals("BatchNormalization")) {
      return NONE;
    }
    Node node = readers.get(0);
    double[][] values = new double[4][];
    for (int i = 0; i < 4; i++) {
      Optional<Tensor> tensor = dependencies.shapes().constant(node.input(i + 1));
      if (tensor.isEmpty()) {
        return NONE;
      }
      float[] floats = tensor.get().toFloats();
      values[i] = new double[floats.length];
      for (int c = 0; c < floats.length; c++) {
        values[i][c] = floats[c];
      }
    }
    double epsilon = node.floatAttribute("epsilon", 1e-5f);
    double[] scales = new double[values[0].length];
    double[] shifts = new double[scales.length];
    for (int c = 0; c < scales.length; c++) {
      scales[c] = values[0][c] / Math.sqrt(values[3][c] + epsilon);
      shifts[c] = values[1][c] - values[2][c] * scales[c];
    }
    return new Normalisation(scales, shifts);
  }

  double scale(int channel) {
    return scales.length == 0 ? 1 : scales[channel];
  }

  double shift(int channel) {
    return shifts.length == 0 ? 0 : shifts[channel];
  }
}
