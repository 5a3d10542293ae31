package io.rspar.benchmarks.networks;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.build.GraphBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The layers that networks are described in, on top of ONNX's operators. */
final class Layers {
  private static final long OPSET = 17;

  /** N×channels×H×W. */
  record Image(String value, int channels) {}

  /** What comes behind a convolution. */
  enum Activation {
    NONE,
    RELU,
    RELU6,
    HARD_SWISH,
    SILU,
    HARD_SIGMOID,
    SIGMOID
  }

  private final GraphBuilder b;

  Layers(long seed) {
    b = new GraphBuilder(seed).opset(OPSET);
  }

  GraphBuilder builder() {
    return b;
  }

  Image image(int channels, int size) {
    return new Image(b.input("image", Shape.UNKNOWN, channels, size, size), channels);
  }

  // --- images ---

  /** A square convolution, padded so that it keeps the extent at stride 1. */
  Image conv(String name, Image x, int out, int kernel, int stride, int groups, boolean bias) {
    return conv(name, x, out, kernel, stride, kernel / 2, groups, bias);
  }

  Image conv(
      String name, Image x, int out, int kernel, int stride, int pad, int groups, boolean bias) {
    List<String> inputs = new ArrayList<>(List.of(x.value()));
    inputs.add(b.weight(name + ".weight", out, x.channels() / groups, kernel, kernel));
    if (bias) {
      inputs.add(b.weight(name + ".bias", out));
    }
    Map<String, Attribute> attributes = new TreeMap<>();
    attributes.put("kernel_shape", ints(kernel, kernel));
    attributes.put("strides", ints(stride, stride));
    attributes.put("pads", ints(pad, pad, pad, pad));
    attributes.put("group", integer(groups));
    return new Image(b.node("Conv", name, attributes, inputs.toArray(String[]::new)), out);
  }

  /** Convolution without bias, batch normalisation, activation. */
  Image convBn(
      String name, Image x, int out, int kernel, int stride, int groups, Activation activation) {
    Image y = conv(name + ".conv", x, out, kernel, stride, groups, false);
    return activate(name, batchNorm(name + ".bn", y), activation);
  }

  Image batchNorm(String name, Image x) {
    return new Image(b.batchNorm(name, x.value(), x.channels()), x.channels());
  }

  Image activate(String name, Image x, Activation activation) {
    return new Image(activate(name, x.value(), activation), x.channels());
  }

  String activate(String name, String x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case RELU -> b.node("Relu", name + ".relu", x);
      case RELU6 ->
          b.node(
              "Clip", name + ".relu6", x, b.scalar(name + ".low", 0), b.scalar(name + ".six", 6));
      case HARD_SWISH -> b.node("HardSwish", name + ".hardswish", x);
      case SILU -> b.node("Mul", name + ".silu", x, b.node("Sigmoid", name + ".sigmoid", x));
      case HARD_SIGMOID ->
          b.node(
              "HardSigmoid",
              name + ".hardsigmoid",
              Map.of("alpha", new Attribute.OfFloat(1 / 6f)),
              x);
      case SIGMOID -> b.node("Sigmoid", name + ".sigmoid", x);
    };
  }

  Image add(String name, Image x, Image y) {
    return new Image(b.node("Add", name, x.value(), y.value()), x.channels());
  }

  Image concat(String name, Image... parts) {
    String[] inputs = Arrays.stream(parts).map(Image::value).toArray(String[]::new);
    int channels = Arrays.stream(parts).collect(Collectors.summingInt(Image::channels));
    return new Image(b.node("Concat", name, Map.of("axis", integer(1)), inputs), channels);
  }

  Image maxPool(String name, Image x, int kernel, int stride, int pad, boolean ceil) {
    Map<String, Attribute> attributes = new TreeMap<>();
    attributes.put("kernel_shape", ints(kernel, kernel));
    attributes.put("strides", ints(stride, stride));
    attributes.put("pads", ints(pad, pad, pad, pad));
    attributes.put("ceil_mode", integer(ceil ? 1 : 0));
    return new Image(b.node("MaxPool", name, attributes, x.value()), x.channels());
  }

  Image averagePool(String name, Image x, int kernel) {
    Map<String, Attribute> attributes =
        Map.of("kernel_shape", ints(kernel, kernel), "strides", ints(kernel, kernel));
    return new Image(b.node("AveragePool", name, attributes, x.value()), x.channels());
  }

  /** Squeeze-and-excitation (Hu, Shen, Sun, CVPR 2018). */
  Image squeezeExcite(String name, Image x, int squeeze, Activation inner, Activation gate) {
    Image pooled = new Image(b.node("GlobalAveragePool", name + ".pool", x.value()), x.channels());
    Image down =
        activate(name + ".fc1", conv(name + ".fc1", pooled, squeeze, 1, 1, 1, true), inner);
    Image up =
        activate(name + ".fc2", conv(name + ".fc2", down, x.channels(), 1, 1, 1, true), gate);
    return new Image(b.node("Mul", name + ".scale", x.value(), up.value()), x.channels());
  }

  /** N×channels. */
  String pooled(Image x) {
    return b.node("Flatten", "flatten", b.node("GlobalAveragePool", "pool", x.value()));
  }

  /** Average over the image, then one linear layer; the graph's output. */
  void classifier(String name, Image x, int classes) {
    output(b.linear(name, pooled(x), x.channels(), classes), classes);
  }

  void output(String value, int classes) {
    b.output(value, Shape.UNKNOWN, classes);
  }

  // --- sequences: N×T×E ---

  /** A product with a weight stored inputs × outputs, and a bias. */
  String linear(String name, String x, int in, int out, boolean bias) {
    String y =
        b.node("MatMul", name, x, b.gaussian(name + ".weight", Math.sqrt(1.0 / in), in, out));
    return bias ? b.node("Add", name + ".add", b.weight(name + ".bias", out), y) : y;
  }

  /** Layer normalisation as one operator. */
  String layerNorm(String name, String x, int width) {
    return b.node(
        "LayerNormalization",
        name,
        Map.of("axis", integer(-1)),
        x,
        b.weight(name + ".weight", width),
        b.weight(name + ".bias", width));
  }

  /** Layer normalisation in the operators of opset 16 and before. */
  String decomposedLayerNorm(String name, String x, int width) {
    String centred = b.node("Sub", name + ".centre", x, mean(name + ".mean", x));
    String square = b.node("Pow", name + ".square", centred, b.scalar(name + ".two", 2));
    String variance = mean(name + ".variance", square);
    String shifted = b.node("Add", name + ".shift", variance, b.scalar(name + ".epsilon", 1e-5));
    String deviation = b.node("Sqrt", name + ".deviation", shifted);
    String unit = b.node("Div", name + ".unit", centred, deviation);
    String scaled = b.node("Mul", name + ".scale", unit, b.weight(name + ".weight", width));
    return b.node("Add", name, scaled, b.weight(name + ".bias", width));
  }

  /** Root mean square normalisation (Zhang and Sennrich, NeurIPS 2019), in single operators. */
  String rmsNorm(String name, String x, int width) {
    String square = b.node("Pow", name + ".square", x, b.scalar(name + ".two", 2));
    String mean = mean(name + ".mean", square);
    String shifted = b.node("Add", name + ".shift", mean, b.scalar(name + ".epsilon", 1e-5));
    String root = b.node("Sqrt", name + ".root", shifted);
    String unit = b.node("Div", name + ".unit", x, root);
    return b.node("Mul", name, b.weight(name + ".weight", width), unit);
  }

  private String mean(String name, String x) {
    return b.node("ReduceMean", name, Map.of("axes", ints(-1), "keepdims", integer(1)), x);
  }

  /** Gaussian error linear unit through the error function. */
  String gelu(String name, String x) {
    String scaled = b.node("Div", name + ".div", x, b.scalar(name + ".root", Math.sqrt(2)));
    String erf = b.node("Erf", name + ".erf", scaled);
    String shifted = b.node("Add", name + ".add", erf, b.scalar(name + ".one", 1));
    String doubled = b.node("Mul", name + ".mul", x, shifted);
    return b.node("Mul", name, doubled, b.scalar(name + ".half", 0.5));
  }

  String transpose(String name, String x, long... permutation) {
    return b.node("Transpose", name, Map.of("perm", ints(permutation)), x);
  }

  /** The axes of a target shape: 0 copies an extent, −1 is what is left. */
  String reshape(String name, String x, long... target) {
    return b.node("Reshape", name, x, b.longs(name + ".shape", target));
  }

  /** N×T×(heads·size) to N×heads×T×size. */
  String heads(String name, String x, int heads, int size) {
    return transpose(name + ".turn", reshape(name + ".split", x, 0, 0, heads, size), 0, 2, 1, 3);
  }

  /** N×heads×T×size to N×T×(heads·size). */
  String merged(String name, String x, int width) {
    return reshape(name + ".merge", transpose(name + ".turn", x, 0, 2, 1, 3), 0, 0, width);
  }

  /**
   * Scaled dot-product attention.
   *
   * @param mask added to the scores, or an empty string
   * @return N×heads×T×size
   */
  String attention(String name, String q, String k, String v, int size, String mask) {
    String scores = b.node("MatMul", name + ".qk", q, transpose(name + ".kt", k, 0, 1, 3, 2));
    String scaled =
        b.node("Div", name + ".scale", scores, b.scalar(name + ".root", Math.sqrt(size)));
    String masked = mask.isEmpty() ? scaled : b.node("Add", name + ".mask", scaled, mask);
    String weights = b.node("Softmax", name + ".softmax", Map.of("axis", integer(-1)), masked);
    return b.node("MatMul", name + ".mix", weights, v);
  }
}
