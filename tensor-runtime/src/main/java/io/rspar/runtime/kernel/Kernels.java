package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The operators that the runtime executes. */
public final class Kernels {
  private static final Map<String, KernelFactory> BY_OPERATOR = register();

  private Kernels() {}

  private static Map<String, KernelFactory> register() {
    Map<String, KernelFactory> kernels = new TreeMap<>();
    kernels.put("Conv", Convolution::bind);
    kernels.put("Gemm", Products::gemm);
    kernels.put("MatMul", Products::matMul);

    kernels.put("BatchNormalization", Normalizations::batchNorm);
    kernels.put("LayerNormalization", Normalizations::layerNorm);
    kernels.put("Softmax", (node, opset) -> Normalizations.softmax(node, opset, false));
    kernels.put("LogSoftmax", (node, opset) -> Normalizations.softmax(node, opset, true));

    kernels.put("Relu", Activations.unary(x -> x.getNDArrayInternal().relu()));
    kernels.put("Sigmoid", Activations.unary(x -> x.getNDArrayInternal().sigmoid()));
    kernels.put("Tanh", Activations.unary(NDArray::tanh));
    kernels.put("HardSwish", Activations.unary(Activations::hardSwish));
    kernels.put("Erf", Activations.unary(NDArray::erf));
    kernels.put("Sqrt", Activations.unary(NDArray::sqrt));
    kernels.put("Exp", Activations.unary(NDArray::exp));
    kernels.put("Log", Activations.unary(NDArray::log));
    kernels.put("Neg", Activations.unary(NDArray::neg));
    kernels.put("Abs", Activations.unary(NDArray::abs));
    kernels.put("Reciprocal", Activations.unary(x -> x.getNDArrayInternal().rdiv(1)));
    kernels.put("Softplus", Activations.unary(x -> x.getNDArrayInternal().softPlus()));
    kernels.put("Identity", Activations.unary(Axes::alias));
    kernels.put("LeakyRelu", Activations::leakyRelu);
    kernels.put("Clip", Activations::clip);
    kernels.put("HardSigmoid", Activations::hardSigmoid);
    kernels.put("Gelu", Activations::gelu);
    kernels.put("PRelu", Activations::pRelu);
    kernels.put("Dropout", Activations::dropout);

    kernels.put("Add", Elementwise.binary(NDArray::add));
    kernels.put("Sub", Elementwise.binary(NDArray::sub));
    kernels.put("Mul", Elementwise.binary(NDArray::mul));
    kernels.put("Pow", Elementwise.binary(NDArray::pow));
    kernels.put("Equal", Elementwise.binary(NDArray::eq));
    kernels.put("Greater", Elementwise.binary(NDArray::gt));
    kernels.put("Less", Elementwise.binary(NDArray::lt));
    kernels.put("Div", Elementwise::div);
    kernels.put("Max", Elementwise.variadic(NDArray::maximum));
    kernels.put("Min", Elementwise.variadic(NDArray::minimum));
    kernels.put("Sum", Elementwise.variadic(NDArray::add));
    kernels.put("Where", Elementwise::where);
    kernels.put("Cast", Elementwise::cast);

    kernels.put("MaxPool", Pooling::max);
    kernels.put("AveragePool", Pooling::average);
    kernels.put("GlobalAveragePool", Activations.unary(Pooling::globalAverage));
    kernels.put("GlobalMaxPool", Activations.unary(Pooling::globalMax));

    kernels.put("Flatten", Shaping::flatten);
    kernels.put("Reshape", Shaping::reshape);
    kernels.put("Squeeze", Shaping::squeeze);
    kernels.put("Unsqueeze", Shaping::unsqueeze);
    kernels.put("Transpose", Shaping::transpose);
    kernels.put("Expand", Shaping::expand);
    kernels.put("Shape", Shaping::shape);
    kernels.put("ConstantOfShape", Shaping::constantOfShape);

    kernels.put("Concat", Selection::concat);
    kernels.put("Slice", Selection::slice);
    kernels.put("Pad", Selection::pad);
    kernels.put("Split", Selection::split);
    kernels.put("Gather", Selection::gather);

    kernels.put("ReduceMean", Reductions.over((x, axis) -> x.mean(new int[] {axis}, true)));
    kernels.put("ReduceSum", Reductions.over((x, axis) -> x.sum(new int[] {axis}, true)));
    kernels.put("ReduceMax", Reductions.over((x, axis) -> x.max(new int[] {axis}, true)));
    return Map.copyOf(kernels);
  }

  /** Names of the operators of ONNX's own operator set that can be bound. */
  public static Set<String> operators() {
    return BY_OPERATOR.keySet();
  }

  /**
   * The operator of a node, its attributes read.
   *
   * @param opset version of ONNX's operator set
   * @throws InvalidModelException UNSUPPORTED naming operator and node if the runtime does not
   *     execute it
   */
  public static Kernel bind(Node node, long opset) {
    KernelFactory factory = isOnnx(node) ? BY_OPERATOR.get(node.opType()) : null;
    if (factory == null) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED,
          node.describe() + " is an operator that the runtime does not execute",
          "export the model so that it uses only "
              + String.join(", ", new java.util.TreeSet<>(operators())));
    }
    return factory.bind(node, opset);
  }

  private static boolean isOnnx(Node node) {
    return node.domain().isEmpty() || node.domain().equals("ai.onnx");
  }
}
