package io.rspar.runtime;

import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which constants of a graph are trained, which are running statistics; the rest is fixed.
 *
 * <p>Trained are the weights and biases of convolutions, matrix products, normalisations, recurrent
 * layers and PRelu, tables that Gather reads, and tensors of more than one element that are added
 * or multiplied (biases, scales, position embeddings); also where Transpose, Reshape, Squeeze or
 * Unsqueeze stand between. Single numbers in Add and Mul are constants of a formula.
 *
 * @param parameters names of trained constants, in graph order
 * @param statistics names of running means and variances, in graph order
 */
record WeightRoles(Set<String> parameters, Set<String> statistics) {
  private static final Set<String> REARRANGING =
      Set.of("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Identity");

  /**
   * The roles of a graph's constants.
   *
   * @throws InvalidModelException UNSUPPORTED if a trained constant is not float32
   */
  static WeightRoles of(Graph graph, Map<String, Tensor> constants) {
    Map<String, Node> producers = new HashMap<>();
    graph.nodes().forEach(n -> n.outputs().forEach(o -> producers.put(o, n)));
    Set<String> parameters = new LinkedHashSet<>();
    Set<String> statistics = new LinkedHashSet<>();
    for (Node node : graph.nodes()) {
      for (int i = 0; i < node.inputs().size(); i++) {
        String source = source(node.input(i), producers);
        Tensor tensor = constants.get(source);
        if (tensor == null || !tensor.type().isFloatingPoint()) {
          continue;
        }
        if (node.opType().equals("BatchNormalization") && i >= 3) {
          statistics.add(requireFloat32(source, tensor));
        } else if (isTrained(node, i, tensor)) {
          parameters.add(requireFloat32(source, tensor));
        }
      }
    }
    parameters.removeAll(statistics);
    return new WeightRoles(parameters, statistics);
  }

  private static String source(String value, Map<String, Node> producers) {
    Node producer = producers.get(value);
    return producer != null && REARRANGING.contains(producer.opType())
        ? source(producer.input(0), producers)
        : value;
  }

  private static boolean isTrained(Node node, int input, Tensor tensor) {
    return node.domain().isEmpty()
        ? isTrainedInOnnx(node, input, tensor)
        : isTrainedInOnnxRuntime(node, input);
  }

  /** Of ONNX Runtime's own operators. */
  private static boolean isTrainedInOnnxRuntime(Node node, int input) {
    return switch (node.opType()) {
      case "FusedConv", "Attention" -> input == 1 || input == 2;
      case "FusedGemm", "FusedMatMul" -> true;
      case "SkipLayerNormalization", "SkipSimplifiedLayerNormalization" -> input >= 2;
      case "BiasGelu", "FastGelu" -> input == 1;
      case "MultiHeadAttention" -> input == 3;
      default -> false;
    };
  }

  private static boolean isTrainedInOnnx(Node node, int input, Tensor tensor) {
    return switch (node.opType()) {
      case "Conv",
          "ConvTranspose",
          "BatchNormalization",
          "InstanceNormalization",
          "GroupNormalization",
          "LayerNormalization",
          "RMSNormalization",
          "SimplifiedLayerNormalization",
          "PRelu" ->
          input >= 1;
      case "LSTM", "GRU", "RNN" -> input >= 1 && (input <= 3 || input == 7);
      case "Gemm", "MatMul", "Einsum" -> true;
      case "Gather" -> input == 0;
      case "Add", "Mul" -> tensor.elements() > 1;
      default -> false;
    };
  }

  private static String requireFloat32(String name, Tensor tensor) {
    if (tensor.type() != DataType.FLOAT) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED,
          "weight '" + name + "' has element type " + tensor.type(),
          "export the model with float32 weights");
    }
    return name;
  }
}
