package io.rspar.graph.op;

import io.rspar.graph.Node;
import io.rspar.graph.op.Elementwise.Result;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/** The operators that R-SPAR understands, by domain and type. */
public final class Operators {
  private static final Operator UNKNOWN = new Unknown();

  private static final Operator FILLED =
      new FixedAxes(Operators::likeFirstInput, "it is filled by its shape");

  /** ONNX Runtime's own operators, which its optimiser writes into models that it saves. */
  private static final String CONTRIBUTED_DOMAIN = "com.microsoft";

  private static final Map<String, Operator> STANDARD = new HashMap<>();

  /** Operators of ONNX that are cut around but that nothing here runs. */
  private static final Map<String, Operator> CARRIED = new HashMap<>();

  private static final Map<String, Operator> CONTRIBUTED = new HashMap<>();

  static {
    register(new Conv(), "Conv");
    register(new ConvTranspose(), "ConvTranspose");
    register(new Gemm(), "Gemm");
    register(new MatMul(), "MatMul");
    register(new Einsum(), "Einsum");
    register(new GroupNormalization(), "GroupNormalization");
    register(new ChannelNormalization(2), "BatchNormalization", "InstanceNormalization");
    register(new LayerNormalization(true), "LayerNormalization");
    // ONNX Runtime writes its own one into ONNX's domain.
    register(new LayerNormalization(false), "RMSNormalization", "SimplifiedLayerNormalization");
    register(new Pool(), "MaxPool", "AveragePool", "LpPool");
    register(new GlobalPool(), "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool");
    register(
        new Reduce(0),
        "ReduceMean",
        "ReduceSum",
        "ReduceL1",
        "ReduceL2",
        "ReduceSumSquare",
        "ReduceLogSum");
    register(new Reduce(1), "ReduceProd");
    register(new Reduce(Double.NEGATIVE_INFINITY), "ReduceMax", "ReduceLogSumExp");
    register(new Reduce(Double.POSITIVE_INFINITY), "ReduceMin");
    register(MixedAxes.softmax(), "Softmax", "LogSoftmax", "Hardmax");
    register(MixedAxes.alongAttribute("axis", -1), "LpNormalization");
    register(MixedAxes.alongAttributes("axes", 0, 2, 3), "MeanVarianceNormalization");
    register(MixedAxes.alongAttributes("axis", 1), "LRN");
    register(MixedAxes.alongInput(1), "CumSum");
    register(MixedAxes.last(2), "Trilu");
    register(new ArgExtreme(), "ArgMax", "ArgMin");
    register(new TopK(), "TopK");
    register(new DotProductAttention(), "Attention");
    register(new RotaryEmbedding(1), "RotaryEmbedding");
    register(new Quantization(true), "QuantizeLinear");
    register(new Quantization(false), "DequantizeLinear");
    register(new Recurrent(4), "LSTM");
    register(new Recurrent(3), "GRU");
    register(new Recurrent(1), "RNN");

    register(new Flatten(), "Flatten");
    register(new Reshape(), "Reshape");
    register(new Squeeze(), "Squeeze");
    register(new Unsqueeze(), "Unsqueeze");
    register(new Transpose(), "Transpose");
    register(new Concat(), "Concat");
    register(new Split(), "Split");
    register(new Slice(), "Slice");
    register(new Pad(), "Pad");
    register(new Gather(), "Gather");
    register(new GatherNd(), "GatherND");
    register(new Expand(), "Expand");
    register(new Tile(), "Tile");
    register(new DepthToSpace(), "DepthToSpace", "SpaceToDepth");
    register(
        new FixedAxes(Operators::likeFirstInput, "it writes at computed places"),
        "ScatterElements",
        "ScatterND",
        "Scatter");
    register(
        new FixedAxes(Operators::likeIndices, "it reads at computed places"), "GatherElements");
    register(new Resize(), "Resize", "Upsample");
    register(new Sampling(false), "GridSample");
    register(new Sampling(true), "RoiAlign");
    register(
        new MixedAxes(
            node ->
                Set.of(
                    (int) node.node().intAttribute("batch_axis", 1),
                    (int) node.node().intAttribute("time_axis", 0))),
        "ReverseSequence");

    register(new Constant(), "Constant");
    register(new ConstantOfShape(), "ConstantOfShape");
    register(new ShapeOf(), "Shape", "Size");
    register(new Range(), "Range");
    register(FILLED, "EyeLike");

    registerElementwise();
    registerContributed();
    registerCarried();
  }

  private Operators() {}

  /** The operator of a node; one that freezes everything where it is not understood. */
  public static Operator of(Node node) {
    return switch (node.domain()) {
      case "" -> STANDARD.getOrDefault(node.opType(), CARRIED.getOrDefault(node.opType(), UNKNOWN));
      case CONTRIBUTED_DOMAIN -> CONTRIBUTED.getOrDefault(node.opType(), UNKNOWN);
      default -> UNKNOWN;
    };
  }

  /** Whether the operator of a node is understood. */
  public static boolean isKnown(Node node) {
    return of(node) != UNKNOWN;
  }

  /** Types of the operators of ONNX's own operator set that are understood and can be run. */
  public static Set<String> standard() {
    return Collections.unmodifiableSet(STANDARD.keySet());
  }

  /** Types of ONNX Runtime's own operators that are understood. */
  public static Set<String> contributed() {
    return Collections.unmodifiableSet(CONTRIBUTED.keySet());
  }

  private static void register(Operator operator, String... opTypes) {
    for (String opType : opTypes) {
      STANDARD.put(opType, operator);
    }
  }

  private static List<ValueFacts> likeFirstInput(NodeFacts node) {
    return List.of(ValueFacts.of(node.type(0), node.input(0)));
  }

  private static List<ValueFacts> likeIndices(NodeFacts node) {
    return List.of(ValueFacts.of(node.type(0), node.input(1)));
  }

  /** What cannot be run: random numbers, and bits beyond the width of a type that is widened. */
  private static void registerCarried() {
    for (String opType : List.of("BitwiseNot", "BitShift")) {
      CARRIED.put(opType, Elementwise.of(Result.FIRST_INPUT));
    }
    for (String opType : List.of("Bernoulli", "RandomNormalLike", "RandomUniformLike")) {
      CARRIED.put(opType, FILLED);
    }
  }

  private static void registerContributed() {
    for (String opType : List.of("Gelu", "FastGelu", "QuickGelu", "BiasGelu")) {
      CONTRIBUTED.put(opType, Elementwise.of(Result.FIRST_INPUT));
    }
    CONTRIBUTED.put("FusedConv", new Conv());
    CONTRIBUTED.put("FusedGemm", new Gemm());
    CONTRIBUTED.put("FusedMatMul", new MatMul());
    CONTRIBUTED.put("SkipLayerNormalization", new SkipNormalization(true));
    CONTRIBUTED.put("SkipSimplifiedLayerNormalization", new SkipNormalization(false));
    CONTRIBUTED.put("EmbedLayerNormalization", new EmbedNormalization());
    CONTRIBUTED.put("Attention", new FusedAttention());
    CONTRIBUTED.put("MultiHeadAttention", new MultiHeadAttention());
    CONTRIBUTED.put("GroupQueryAttention", new GroupQueryAttention());
    CONTRIBUTED.put("RotaryEmbedding", new RotaryEmbedding(2));
    CONTRIBUTED.put("QuantizeLinear", new Quantization(true));
    CONTRIBUTED.put("DequantizeLinear", new Quantization(false));
  }

  private static void registerElementwise() {
    register(Elementwise.of(Result.FIRST_INPUT), "BitwiseAnd", "BitwiseOr", "BitwiseXor");
    register(
        Elementwise.of(Result.FIRST_INPUT),
        // Activations.
        "Relu",
        "LeakyRelu",
        "PRelu",
        "Elu",
        "Selu",
        "Celu",
        "ThresholdedRelu",
        "Clip",
        "Sigmoid",
        "HardSigmoid",
        "HardSwish",
        "Mish",
        "Gelu",
        "Tanh",
        "Softplus",
        "Softsign",
        "Dropout",
        // Functions.
        "Erf",
        "Sqrt",
        "Reciprocal",
        "Exp",
        "Log",
        "Sin",
        "Tan",
        "Asin",
        "Acos",
        "Atan",
        "Sinh",
        "Cosh",
        "Asinh",
        "Acosh",
        "Atanh",
        "Shrink",
        "Swish",
        "Cos",
        "Round",
        "Sign",
        // Arithmetic.
        "Sum",
        "Mean");
    register(Elementwise.of(Result.SECOND_INPUT), "Where");
    register(
        Elementwise.of(Result.BOOLEAN),
        "And",
        "Or",
        "Xor",
        "LessOrEqual",
        "GreaterOrEqual",
        "IsNaN",
        "IsInf");
    register(folding(Result.FIRST_INPUT, (a, b) -> a, (a, b) -> a), "Identity");
    register(folding(Result.CAST, (a, b) -> a, (a, b) -> a), "Cast");
    register(new CastLike(), "CastLike");
    register(folding(Result.FIRST_INPUT, (a, b) -> -a, (a, b) -> -a), "Neg");
    register(folding(Result.FIRST_INPUT, (a, b) -> Math.abs(a), (a, b) -> Math.abs(a)), "Abs");
    register(folding(Result.FIRST_INPUT, (a, b) -> a, (a, b) -> Math.floor(a)), "Floor");
    register(folding(Result.FIRST_INPUT, (a, b) -> a, (a, b) -> Math.ceil(a)), "Ceil");
    register(folding(Result.BOOLEAN, (a, b) -> a == 0 ? 1 : 0, (a, b) -> a == 0 ? 1 : 0), "Not");
    register(folding(Result.FIRST_INPUT, (a, b) -> a + b, (a, b) -> a + b), "Add");
    register(folding(Result.FIRST_INPUT, (a, b) -> a - b, (a, b) -> a - b), "Sub");
    register(folding(Result.FIRST_INPUT, (a, b) -> a * b, (a, b) -> a * b), "Mul");
    register(folding(Result.FIRST_INPUT, (a, b) -> a / b, (a, b) -> a / b), "Div");
    register(
        folding(Result.FIRST_INPUT, Math::floorMod, (a, b) -> a - Math.floor(a / b) * b), "Mod");
    register(folding(Result.FIRST_INPUT, (a, b) -> (long) Math.pow(a, b), Math::pow), "Pow");
    register(folding(Result.FIRST_INPUT, Math::min, Math::min), "Min");
    register(folding(Result.FIRST_INPUT, Math::max, Math::max), "Max");
    register(folding(Result.BOOLEAN, (a, b) -> a == b ? 1 : 0, (a, b) -> a == b ? 1 : 0), "Equal");
    register(folding(Result.BOOLEAN, (a, b) -> a < b ? 1 : 0, (a, b) -> a < b ? 1 : 0), "Less");
    register(folding(Result.BOOLEAN, (a, b) -> a > b ? 1 : 0, (a, b) -> a > b ? 1 : 0), "Greater");
  }

  private static Operator folding(
      Result result, LongBinaryOperator onIntegers, DoubleBinaryOperator onReals) {
    return Elementwise.folding(result, onIntegers, onReals);
  }
}
