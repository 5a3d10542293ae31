package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** The operators that the runtime executes. */
public final class Kernels {
  /** ONNX Runtime's own operators, which its optimiser writes into models that it saves. */
  private static final String CONTRIBUTED_DOMAIN = "com.microsoft";

  private static final Map<String, KernelFactory> STANDARD = register();
  private static final Map<String, KernelFactory> CONTRIBUTED = registerContributed();

  private Kernels() {}

  private static Map<String, KernelFactory> register() {
    Map<String, KernelFactory> kernels = new TreeMap<>();
    UnaryOperator<NDArray> same = UnaryOperator.identity();
    Reductions.OneAxis sum = (x, axis) -> x.sum(new int[] {axis}, true);
    kernels.put("Conv", Convolution::bind);
    kernels.put("ConvTranspose", TransposedConvolution::bind);
    kernels.put("Gemm", Products::gemm);
    kernels.put("MatMul", Products::matMul);
    kernels.put("Einsum", Einsum::bind);
    kernels.put("Attention", Attention::standard);
    kernels.put("RotaryEmbedding", Rotary::standard);
    for (String recurrent : Set.of("RNN", "GRU", "LSTM")) {
      kernels.put(recurrent, Recurrence::bind);
    }

    kernels.put("BatchNormalization", Normalizations::batchNorm);
    kernels.put("LayerNormalization", Normalizations::layerNorm);
    kernels.put("RMSNormalization", Normalizations::rmsNorm);
    // ONNX Runtime writes its own one into ONNX's domain.
    kernels.put("SimplifiedLayerNormalization", Normalizations::rmsNorm);
    kernels.put("InstanceNormalization", Normalizations::instanceNorm);
    kernels.put("GroupNormalization", Normalizations::groupNorm);
    kernels.put("LpNormalization", Normalizations::lpNorm);
    kernels.put("MeanVarianceNormalization", Normalizations::meanVarianceNorm);
    kernels.put("LRN", Normalizations::localResponseNorm);
    kernels.put("Softmax", Normalizations::softmax);
    kernels.put("LogSoftmax", Normalizations::logSoftmax);
    kernels.put("Hardmax", Normalizations::hardmax);

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
    kernels.put("Reciprocal", Activations.unary(x -> Owned.scalar(x, 1).div(x)));
    kernels.put("Softplus", Activations.unary(x -> x.getNDArrayInternal().softPlus()));
    kernels.put("Softsign", Activations.unary(x -> x.getNDArrayInternal().softSign()));
    kernels.put("Mish", Activations.unary(Activations::mish));
    kernels.put("Sin", Activations.unary(NDArray::sin));
    kernels.put("Cos", Activations.unary(NDArray::cos));
    kernels.put("Tan", Activations.unary(NDArray::tan));
    kernels.put("Asin", Activations.unary(NDArray::asin));
    kernels.put("Acos", Activations.unary(NDArray::acos));
    kernels.put("Atan", Activations.unary(NDArray::atan));
    kernels.put("Sinh", Activations.unary(NDArray::sinh));
    kernels.put("Cosh", Activations.unary(NDArray::cosh));
    kernels.put("Asinh", Activations.unary(Activations::asinh));
    kernels.put("Acosh", Activations.unary(Activations::acosh));
    kernels.put("Atanh", Activations.unary(Activations::atanh));
    kernels.put("Round", Activations.unary(NDArray::round));
    kernels.put("Floor", Activations.unary(NDArray::floor));
    kernels.put("Ceil", Activations.unary(NDArray::ceil));
    kernels.put("Sign", Activations.unary(NDArray::sign));
    kernels.put("Not", Activations.unary(NDArray::logicalNot));
    kernels.put("IsNaN", Activations.unary(NDArray::isNaN));
    kernels.put("IsInf", Elementwise::isInfinite);
    kernels.put("Identity", Activations.unary(Axes::alias));
    kernels.put("Elu", Activations::elu);
    kernels.put("Selu", Activations::selu);
    kernels.put("Celu", Activations::celu);
    kernels.put("ThresholdedRelu", Activations::thresholdedRelu);
    kernels.put("Shrink", Activations::shrink);
    kernels.put("Swish", Activations::swish);
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
    kernels.put("GreaterOrEqual", Elementwise.binary(NDArray::gte));
    kernels.put("LessOrEqual", Elementwise.binary(NDArray::lte));
    kernels.put("And", Elementwise.binary(NDArray::logicalAnd));
    kernels.put("Or", Elementwise.binary(NDArray::logicalOr));
    kernels.put("Xor", Elementwise.binary(NDArray::logicalXor));
    kernels.put("BitwiseAnd", Elementwise.bits((a, b) -> a & b));
    kernels.put("BitwiseOr", Elementwise.bits((a, b) -> a | b));
    kernels.put("BitwiseXor", Elementwise.bits((a, b) -> a ^ b));
    kernels.put("Div", Elementwise::div);
    kernels.put("Mod", Elementwise::mod);
    kernels.put("Mean", Elementwise::mean);
    kernels.put("Max", Elementwise.variadic(NDArray::maximum));
    kernels.put("Min", Elementwise.variadic(NDArray::minimum));
    kernels.put("Sum", Elementwise.variadic(NDArray::add));
    kernels.put("Where", Elementwise::where);
    kernels.put("Cast", Elementwise::cast);
    kernels.put("CastLike", Elementwise::castLike);
    kernels.put("QuantizeLinear", Quantization::quantize);
    kernels.put("DequantizeLinear", Quantization::dequantize);

    kernels.put("MaxPool", Pooling::max);
    kernels.put("AveragePool", Pooling::average);
    kernels.put("LpPool", Pooling::lp);
    kernels.put("GlobalLpPool", Pooling::globalLp);
    kernels.put("GlobalAveragePool", Activations.unary(Pooling::globalAverage));
    kernels.put("GlobalMaxPool", Activations.unary(Pooling::globalMax));

    kernels.put("Flatten", Shaping::flatten);
    kernels.put("Reshape", Shaping::reshape);
    kernels.put("Squeeze", Shaping::squeeze);
    kernels.put("Unsqueeze", Shaping::unsqueeze);
    kernels.put("Transpose", Shaping::transpose);
    kernels.put("Expand", Shaping::expand);
    kernels.put("Shape", Shaping::shape);
    kernels.put("Size", Shaping::size);
    kernels.put("ConstantOfShape", Shaping::constantOfShape);
    kernels.put("Tile", Shaping::tile);
    kernels.put("DepthToSpace", Shaping::depthToSpace);
    kernels.put("SpaceToDepth", Shaping::spaceToDepth);
    kernels.put("EyeLike", Shaping::eyeLike);
    kernels.put("Resize", Interpolation::bind);
    kernels.put("Upsample", Interpolation::bind);
    kernels.put("GridSample", GridSampling::bind);
    kernels.put("RoiAlign", RegionSampling::bind);

    kernels.put("Concat", Selection::concat);
    kernels.put("Slice", Selection::slice);
    kernels.put("Pad", Selection::pad);
    kernels.put("Split", Selection::split);
    kernels.put("ReverseSequence", Selection::reverseSequence);
    kernels.put("Gather", Selection::gather);
    kernels.put("GatherElements", Placement::gatherElements);
    kernels.put("GatherND", Placement::gatherNd);
    kernels.put("ScatterElements", Placement::scatterElements);
    kernels.put("Scatter", Placement::scatterElements);
    kernels.put("ScatterND", Placement::scatterNd);
    kernels.put("ArgMax", Ordering.argExtreme(true));
    kernels.put("ArgMin", Ordering.argExtreme(false));
    kernels.put("TopK", Ordering::topK);
    kernels.put("CumSum", Ordering::cumSum);
    kernels.put("Trilu", Ordering::trilu);
    kernels.put("OneHot", Ordering::oneHot);
    kernels.put("Range", Ordering::range);

    kernels.put("ReduceMean", Reductions.over((x, axis) -> x.mean(new int[] {axis}, true)));
    kernels.put("ReduceMax", Reductions.over((x, axis) -> x.max(new int[] {axis}, true)));
    kernels.put("ReduceMin", Reductions.over((x, axis) -> x.min(new int[] {axis}, true)));
    kernels.put("ReduceProd", Reductions.over((x, axis) -> x.prod(new int[] {axis}, true)));
    kernels.put("ReduceSum", Reductions.over(sum));
    kernels.put("ReduceL1", Reductions.over(NDArray::abs, sum, same));
    kernels.put("ReduceL2", Reductions.over(NDArray::square, sum, NDArray::sqrt));
    kernels.put("ReduceSumSquare", Reductions.over(NDArray::square, sum, same));
    kernels.put("ReduceLogSum", Reductions.over(same, sum, NDArray::log));
    kernels.put("ReduceLogSumExp", Reductions::logSumExp);
    return Map.copyOf(kernels);
  }

  private static Map<String, KernelFactory> registerContributed() {
    return Map.ofEntries(
        Map.entry("Gelu", Activations::gelu),
        Map.entry("BiasGelu", Activations.biasedGelu(false)),
        Map.entry("FastGelu", Activations.biasedGelu(true)),
        Map.entry("QuickGelu", Activations::quickGelu),
        Map.entry("FusedConv", Fusions::conv),
        Map.entry("FusedGemm", Fusions::gemm),
        Map.entry("FusedMatMul", Fusions::matMul),
        Map.entry("EmbedLayerNormalization", Fusions::embedLayerNorm),
        Map.entry("SkipLayerNormalization", Fusions::skipLayerNorm),
        Map.entry("SkipSimplifiedLayerNormalization", Fusions::skipRmsNorm),
        Map.entry("Attention", Attention::projecting),
        Map.entry("MultiHeadAttention", Attention::multiHead),
        Map.entry("GroupQueryAttention", Attention::groupQuery),
        Map.entry("RotaryEmbedding", Rotary::contributed),
        Map.entry("QuantizeLinear", Quantization::quantize),
        Map.entry("DequantizeLinear", Quantization::dequantize));
  }

  /** Names of the operators of ONNX's own operator set that can be bound. */
  public static Set<String> operators() {
    return STANDARD.keySet();
  }

  /** Names of ONNX Runtime's own operators that can be bound. */
  public static Set<String> contributed() {
    return CONTRIBUTED.keySet();
  }

  /**
   * The operator of a node, its attributes read.
   *
   * @param opset version of ONNX's operator set
   * @throws InvalidModelException UNSUPPORTED naming operator and node if the runtime does not
   *     execute it
   */
  public static Kernel bind(Node node, long opset) {
    KernelFactory factory =
        switch (node.domain()) {
          case "", "ai.onnx" -> STANDARD.get(node.opType());
          case CONTRIBUTED_DOMAIN -> CONTRIBUTED.get(node.opType());
          default -> null;
        };
    if (factory == null) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED,
          node.describe() + " is an operator that the runtime does not execute",
          "export the model so that it uses only "
              + String.join(", ", new TreeSet<>(operators()))
              + ", If, Loop, Scan; or cut it by its weights alone (rspar cut)");
    }
    return factory.bind(node, opset);
  }
}
