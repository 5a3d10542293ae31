package io.rspar.runtime.demo;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A residual network in the manner of He et al. ("Deep residual learning for image recognition",
 * CVPR 2016) for small images: a 3×3 stem, then one stage per width with two basic blocks each. The
 * first block of a stage halves the image and has a 1×1 convolution as its shortcut.
 */
final class ResidualNetwork {
  private static final long OPSET = 17;
  private static final long IR_VERSION = 8;

  private final SplittableRandom random;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();

  private ResidualNetwork(long seed) {
    random = new SplittableRandom(seed);
  }

  /**
   * An untrained network N×channels×size×size → N×classes. Convolutions are drawn from He's normal
   * distribution (fan-in), BatchNorm starts as the identity.
   */
  static Graph build(int channels, int size, int[] widths, int classes, long seed) {
    ResidualNetwork network = new ResidualNetwork(seed);
    return network.assemble(channels, size, widths, classes);
  }

  private Graph assemble(int channels, int size, int[] widths, int classes) {
    String value = relu("stem", convolution("image", "stem", channels, widths[0], 3, 1));
    int width = widths[0];
    for (int stage = 0; stage < widths.length; stage++) {
      for (int block = 0; block < 2; block++) {
        String name = "stage" + (stage + 1) + ".block" + (block + 1);
        value = block(value, name, width, widths[stage], block == 0 ? 2 : 1);
        width = widths[stage];
      }
    }
    node("GlobalAveragePool", "pool", List.of(value), "pool.out", Map.of());
    node("Flatten", "flatten", List.of("pool.out"), "features", Map.of());
    initializers.put("head.weight", gaussian(Math.sqrt(1.0 / width), classes, width));
    initializers.put("head.bias", filled(0, classes));
    node(
        "Gemm",
        "head",
        List.of("features", "head.weight", "head.bias"),
        "logits",
        Map.of("transB", new Attribute.OfInt(1)));
    return new Graph(
        "fashion_resnet",
        List.of(
            new ValueInfo(
                "image",
                DataType.FLOAT,
                Shape.of(Shape.UNKNOWN, channels, size, size),
                List.of("N", "", "", ""))),
        List.of(
            new ValueInfo(
                "logits", DataType.FLOAT, Shape.of(Shape.UNKNOWN, classes), List.of("N", ""))),
        nodes,
        initializers,
        Map.of("", OPSET),
        IR_VERSION,
        "R-SPAR",
        Map.of());
  }

  private String block(String input, String name, int in, int out, int stride) {
    String first = relu(name + ".1", convolution(input, name + ".1", in, out, 3, stride));
    String second = convolution(first, name + ".2", out, out, 3, 1);
    String shortcut =
        stride == 1 ? input : convolution(input, name + ".shortcut", in, out, 1, stride);
    node("Add", name + ".add", List.of(second, shortcut), name + ".sum", Map.of());
    return relu(name, name + ".sum");
  }

  /** Convolution without bias, then BatchNormalization. */
  private String convolution(String input, String name, int in, int out, int kernel, int stride) {
    double deviation = Math.sqrt(2.0 / (in * kernel * kernel));
    initializers.put(name + ".weight", gaussian(deviation, out, in, kernel, kernel));
    long pad = kernel / 2;
    node(
        "Conv",
        name + ".conv",
        List.of(input, name + ".weight"),
        name + ".conv.out",
        Map.of(
            "kernel_shape", ints(kernel, kernel),
            "strides", ints(stride, stride),
            "pads", ints(pad, pad, pad, pad)));
    initializers.put(name + ".bn.scale", filled(1, out));
    initializers.put(name + ".bn.bias", filled(0, out));
    initializers.put(name + ".bn.mean", filled(0, out));
    initializers.put(name + ".bn.var", filled(1, out));
    node(
        "BatchNormalization",
        name + ".bn",
        List.of(
            name + ".conv.out",
            name + ".bn.scale",
            name + ".bn.bias",
            name + ".bn.mean",
            name + ".bn.var"),
        name + ".bn.out",
        Map.of("epsilon", new Attribute.OfFloat(1e-5f), "momentum", new Attribute.OfFloat(0.9f)));
    return name + ".bn.out";
  }

  private String relu(String name, String input) {
    node("Relu", name + ".relu", List.of(input), name + ".relu.out", Map.of());
    return name + ".relu.out";
  }

  private void node(
      String opType,
      String name,
      List<String> inputs,
      String output,
      Map<String, Attribute> attributes) {
    nodes.add(new Node(name, "", opType, inputs, List.of(output), attributes));
  }

  private static Attribute ints(long... values) {
    return new Attribute.OfInts(Arrays.stream(values).boxed().toList());
  }

  private Tensor gaussian(double deviation, long... shape) {
    float[] values = new float[(int) Shape.of(shape).elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return Tensor.ofFloats(Shape.of(shape), values);
  }

  private static Tensor filled(float value, int length) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return Tensor.ofFloats(Shape.of(length), values);
  }
}
