package io.rspar.graph.build;

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
import java.util.TreeMap;

/**
 * Builds networks by hand. Values are their names: a method that adds a node returns its first
 * output, one that adds a tensor returns the tensor. The same calls with the same seed give the
 * same graph.
 */
public final class GraphBuilder {
  private static final long IR_VERSION = 8;
  private static final long IR_VERSION_OF_OPSET_21 = 10;

  private final SplittableRandom random;
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final List<ValueInfo> outputs = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();
  private long opset = 17;

  /** A builder whose weights are drawn from this seed. */
  public GraphBuilder(long seed) {
    random = new SplittableRandom(seed);
  }

  public GraphBuilder opset(long version) {
    opset = version;
    return this;
  }

  /** A float32 input; −1 for an open axis. */
  public String input(String name, long... dims) {
    return input(name, DataType.FLOAT, dims);
  }

  public String input(String name, DataType type, long... dims) {
    inputs.add(new ValueInfo(name, type, Shape.of(dims)));
    return name;
  }

  /** An int64 input, of word numbers for instance. */
  public String tokens(String name, long... dims) {
    inputs.add(new ValueInfo(name, DataType.INT64, Shape.of(dims)));
    return name;
  }

  /** An input whose axes are all open, under these symbols. */
  public String input(String name, DataType type, String... symbols) {
    long[] dims = new long[symbols.length];
    Arrays.fill(dims, Shape.UNKNOWN);
    inputs.add(new ValueInfo(name, type, Shape.of(dims), List.of(symbols)));
    return name;
  }

  public GraphBuilder output(String value, long... dims) {
    outputs.add(new ValueInfo(value, DataType.FLOAT, Shape.of(dims)));
    return this;
  }

  /** An output whose shape the model does not declare. */
  public GraphBuilder output(String value, DataType type) {
    outputs.add(new ValueInfo(value, type, Shape.UNRANKED));
    return this;
  }

  public String constant(String name, Tensor tensor) {
    initializers.put(name, tensor);
    return name;
  }

  /**
   * A weight with normally distributed elements, scaled to keep the variance of activations: the
   * first axis is the outputs, all others together the inputs. One axis: standard deviation 1.
   */
  public String weight(String name, long... dims) {
    double fanIn = dims.length > 1 ? (double) Shape.of(dims).elements() / dims[0] : 1;
    return gaussian(name, 1 / Math.sqrt(fanIn), dims);
  }

  /** A tensor with normally distributed elements of mean 0. */
  public String gaussian(String name, double deviation, long... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return constant(name, Tensor.ofFloats(shape, values));
  }

  /** A tensor with elements drawn evenly from an interval. */
  public String uniform(String name, double low, double high, long... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(low, high);
    }
    return constant(name, Tensor.ofFloats(shape, values));
  }

  /** A float32 number without axes. */
  public String scalar(String name, double value) {
    return constant(name, Tensor.ofFloats(Shape.of(), (float) value));
  }

  public String longs(String name, long... values) {
    return constant(name, Tensor.ofLongs(Shape.of(values.length), values));
  }

  /** A node with one output, called after the node. */
  public String node(String opType, String name, Map<String, Attribute> attributes, String... in) {
    return nodes(opType, name, attributes, 1, in).get(0);
  }

  public String node(String opType, String name, String... in) {
    return node(opType, name, Map.of(), in);
  }

  /** A node with several outputs; an operator of another domain as {@code domain:type}. */
  public List<String> nodes(
      String opType, String name, Map<String, Attribute> attributes, int count, String... in) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(name + ":" + i);
    }
    String[] type = opType.split(":");
    String domain = type.length > 1 ? type[0] : "";
    nodes.add(new Node(name, domain, type[type.length - 1], Arrays.asList(in), names, attributes));
    return names;
  }

  public static Attribute ints(long... values) {
    return new Attribute.OfInts(Arrays.stream(values).boxed().toList());
  }

  public static Attribute integer(long value) {
    return new Attribute.OfInt(value);
  }

  /** A square convolution that keeps the extent at stride 1, without bias. */
  public String conv(String name, String x, int cin, int cout, int kernel, int stride) {
    return conv(name, x, cin, cout, kernel, stride, 1);
  }

  public String conv(String name, String x, int cin, int cout, int kernel, int stride, int groups) {
    weight(name + ".weight", cout, cin / groups, kernel, kernel);
    Map<String, Attribute> attributes = new TreeMap<>();
    int pad = kernel / 2;
    attributes.put("kernel_shape", ints(kernel, kernel));
    attributes.put("strides", ints(stride, stride));
    attributes.put("pads", ints(pad, pad, pad, pad));
    attributes.put("group", integer(groups));
    return node("Conv", name, attributes, x, name + ".weight");
  }

  /** Batch normalisation with random scale, shift and statistics. */
  public String batchNorm(String name, String x, int channels) {
    weight(name + ".weight", channels);
    weight(name + ".bias", channels);
    weight(name + ".running_mean", channels);
    uniform(name + ".running_var", 0.5, 1.5, channels);
    return node(
        "BatchNormalization",
        name,
        x,
        name + ".weight",
        name + ".bias",
        name + ".running_mean",
        name + ".running_var");
  }

  public String relu(String name, String x) {
    return node("Relu", name, x);
  }

  /** Convolution, normalisation and activation. */
  public String block(
      String name, String x, int cin, int cout, int kernel, int stride, int groups) {
    String y = conv(name + ".conv", x, cin, cout, kernel, stride, groups);
    return relu(name + ".relu", batchNorm(name + ".bn", y, cout));
  }

  /** A linear layer with bias, its weight stored output × input. */
  public String linear(String name, String x, int in, int out) {
    weight(name + ".weight", out, in);
    weight(name + ".bias", out);
    return node("Gemm", name, Map.of("transB", integer(1)), x, name + ".weight", name + ".bias");
  }

  public Graph build() {
    return build("network");
  }

  /** The graph so far. */
  public Graph build(String name) {
    Map<String, Long> opsets = new TreeMap<>();
    nodes.forEach(node -> opsets.put(node.domain(), 1L));
    opsets.put("", opset);
    return new Graph(
        name,
        inputs,
        outputs,
        nodes,
        initializers,
        opsets,
        opset > 20 ? IR_VERSION_OF_OPSET_21 : IR_VERSION,
        "R-SPAR",
        Map.of());
  }
}
