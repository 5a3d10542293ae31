package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Attribute;
import io.rspar.graph.Node;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/** Layers that ONNX Runtime's optimiser writes as one operator with what surrounded them. */
final class Fusions {
  private Fusions() {}

  /** {@code FusedConv}: a convolution, a fourth input added, an activation. */
  static Kernel conv(Node node, long opset) {
    Kernel convolution = Convolution.bind(node, opset);
    float[] p =
        node.attributes().get("activation_params") instanceof Attribute.OfFloats given
            ? floats(given.values())
            : new float[0];
    UnaryOperator<NDArray> activation = activation(node, p);
    return in -> {
      NDArray y = convolution.run(in).singletonOrThrow();
      return new NDList(activation.apply(in.has(3) ? y.add(in.array(3)) : y));
    };
  }

  /** {@code FusedGemm}: a matrix product and an activation. */
  static Kernel gemm(Node node, long opset) {
    Kernel product = Products.gemm(node, opset);
    float[] p = {
      node.floatAttribute("activation_alpha", Float.NaN),
      node.floatAttribute("activation_beta", Float.NaN)
    };
    UnaryOperator<NDArray> activation = activation(node, p);
    return in -> new NDList(activation.apply(product.run(in).singletonOrThrow()));
  }

  private static float[] floats(List<Float> values) {
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values.get(i);
    }
    return result;
  }

  private static UnaryOperator<NDArray> activation(Node node, float[] p) {
    String name = node.stringAttribute("activation", "");
    return switch (name) {
      case "" -> UnaryOperator.identity();
      case "Relu" -> x -> x.getNDArrayInternal().relu();
      case "Tanh" -> NDArray::tanh;
      case "Sigmoid" -> x -> x.getNDArrayInternal().sigmoid();
      case "LeakyRelu" -> x -> x.getNDArrayInternal().leakyRelu(given(p, 0, 0.01f));
      case "Clip" -> x -> x.clip(given(p, 0, -Float.MAX_VALUE), given(p, 1, Float.MAX_VALUE));
      case "HardSigmoid" ->
          x -> Owned.times(x, given(p, 0, 0.2f)).add(given(p, 1, 0.5f)).clip(0f, 1f);
      default -> throw Unsupported.form(node, "activation " + name);
    };
  }

  private static float given(float[] parameters, int i, float otherwise) {
    return i < parameters.length && !Float.isNaN(parameters[i]) ? parameters[i] : otherwise;
  }

  /** {@code FusedMatMul}: α·A·B with the last two axes of either swapped on demand. */
  static Kernel matMul(Node node, long opset) {
    float alpha = node.floatAttribute("alpha", 1);
    boolean transA = node.intAttribute("transA", 0) != 0;
    boolean transB = node.intAttribute("transB", 0) != 0;
    boolean batches =
        node.intAttribute("transBatchA", 0) != 0 || node.intAttribute("transBatchB", 0) != 0;
    Unsupported.unless(!batches, node, "a transposed batch axis");
    return in -> {
      NDArray product = swapped(in.array(0), transA).matMul(swapped(in.array(1), transB));
      return new NDList(alpha == 1 ? product : Owned.times(product, alpha));
    };
  }

  private static NDArray swapped(NDArray x, boolean swap) {
    int rank = x.getShape().dimension();
    return swap && rank > 1 ? x.swapAxes(rank - 2, rank - 1) : x;
  }

  /** {@code SkipLayerNormalization}: input, skip and bias are added, then normalised. */
  static Kernel skipLayerNorm(Node node, long opset) {
    return skip(node, 4, Normalizations.layerNormOf(node, 1e-12f));
  }

  /** {@code SkipSimplifiedLayerNormalization}: the same with the root mean square. */
  static Kernel skipRmsNorm(Node node, long opset) {
    return skip(node, 3, Normalizations.rmsNormOf(node, 1e-12f));
  }

  /**
   * A normalised sum.
   *
   * @param bias input that is added besides; what lies between it and the third is the shift
   */
  private static Kernel skip(Node node, int bias, Normalizations.Scaled norm) {
    Unsupported.unless(
        node.output(1).isEmpty() && node.output(2).isEmpty(), node, "statistics as outputs");
    return in -> {
      NDArray sum = in.array(0).add(in.array(1));
      if (in.has(bias)) {
        sum = sum.add(in.array(bias));
      }
      NDArray shift = bias == 4 ? in.arrayOrNull(3) : null;
      NDArray y = norm.apply(sum, in.array(2), shift);
      return new NDList(y, Axes.alias(y), Axes.alias(y), sum);
    };
  }

  /**
   * {@code EmbedLayerNormalization}: embeddings of words, positions and segments are looked up,
   * added and normalised. The second output counts the tokens that the mask shows.
   */
  static Kernel embedLayerNorm(Node node, long opset) {
    Normalizations.Scaled norm = Normalizations.layerNormOf(node, 1e-12f);
    boolean counts = !node.output(1).isEmpty();
    Unsupported.unless(!counts || node.hasInput(7), node, "a count of tokens without a mask");
    return in -> {
      long[] extents = in.array(0).getShape().getShape();
      Shape places = new Shape(extents[0], extents[1], in.array(2).getShape().get(1));
      NDArray sum = Axes.pick(in.array(2), 0, in.integers(0)).reshape(places);
      if (in.has(4)) {
        sum = sum.add(Axes.pick(in.array(4), 0, in.integers(1)).reshape(places));
      }
      long[] positions =
          in.optionalIntegers(8).orElseGet(() -> LongStream.range(0, extents[1]).toArray());
      long rows = positions.length / extents[1];
      Shape each = new Shape(rows, extents[1], places.get(2));
      sum = sum.add(Axes.pick(in.array(3), 0, positions).reshape(each));
      NDArray y = norm.apply(sum, in.array(5), in.array(6));
      return new NDList(y, counts ? lengths(in, extents) : Axes.alias(y), sum);
    };
  }

  /** N numbers of tokens whose mask is 1, of an N×T mask. */
  private static NDArray lengths(Operands in, long[] extents) {
    int[] lengths = new int[(int) extents[0]];
    long[] mask = in.integers(7);
    for (int i = 0; i < mask.length; i++) {
      lengths[i / (int) extents[1]] += mask[i] == 1 ? 1 : 0;
    }
    return in.manager().create(lengths);
  }
}
