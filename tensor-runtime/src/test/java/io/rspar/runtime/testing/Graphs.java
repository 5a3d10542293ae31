package io.rspar.runtime.testing;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Builds a graph node by node; weights are drawn from a seed. */
public final class Graphs {
  private final long opset;
  private final SplittableRandom random = new SplittableRandom(7);
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final Map<String, Long> domains = new TreeMap<>();

  private Graphs(long opset) {
    this.opset = opset;
  }

  public static Graphs opset(long opset) {
    return new Graphs(opset);
  }

  /** A float input; −1 leaves an extent open. */
  public Graphs input(String name, long... shape) {
    return input(name, DataType.FLOAT, shape);
  }

  public Graphs input(String name, DataType type, long... shape) {
    String[] symbols = new String[shape.length];
    for (int i = 0; i < shape.length; i++) {
      symbols[i] = shape[i] < 0 ? "d" + i : "";
    }
    inputs.add(new ValueInfo(name, type, Shape.of(shape), List.of(symbols)));
    return this;
  }

  /** A float initialiser with values from −1 to 1. */
  public Graphs weight(String name, long... shape) {
    return constant(name, random(random, 1, shape));
  }

  /** A float initialiser with values from 0.5 to 1.5: variances, slopes. */
  public Graphs positive(String name, long... shape) {
    float[] values = random(random, 0.5f, shape).toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] += 1;
    }
    return constant(name, Tensor.ofFloats(Shape.of(shape), values));
  }

  public Graphs constant(String name, Tensor value) {
    initializers.put(name, value);
    return this;
  }

  public Graphs truth(String name, boolean... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length);
    for (boolean value : values) {
      bytes.put((byte) (value ? 1 : 0));
    }
    Shape shape = values.length == 1 ? Shape.of() : Shape.of(values.length);
    return constant(name, new Tensor(DataType.BOOL, shape, bytes.flip()));
  }

  /** Whole numbers of another type than int64: word numbers, zero points. */
  public Graphs integers(String name, DataType type, Shape shape, int... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      for (int i = 0; i < type.bytes(); i++) {
        bytes.put((byte) (value >> (8 * i)));
      }
    }
    return constant(name, new Tensor(type, shape, bytes.flip()));
  }

  public Graphs longs(String name, long... values) {
    return constant(name, Tensor.ofLongs(Shape.of(values.length), values));
  }

  public Graphs scalar(String name, float value) {
    return constant(name, Tensor.ofFloats(Shape.of(), value));
  }

  /**
   * A node named after its first output.
   *
   * @param opType an operator of another domain as {@code domain:type}
   * @param inputs names separated by blanks; "_" = left out
   * @param outputs names separated by blanks
   * @param attributes pairs of name and Integer, Float, String, List of String, long[], float[],
   *     Tensor, Graph
   */
  public Graphs node(String opType, String inputs, String outputs, Object... attributes) {
    Map<String, Attribute> map = new TreeMap<>();
    for (int i = 0; i < attributes.length; i += 2) {
      String name = (String) attributes[i];
      map.put(
          name,
          attributes[i + 1] instanceof Graph body
              ? Subgraphs.attribute(name, body)
              : attribute(attributes[i + 1]));
    }
    List<String> in =
        inputs.isEmpty()
            ? List.of()
            : Arrays.stream(inputs.split(" ")).map(s -> s.equals("_") ? "" : s).toList();
    List<String> out = Arrays.stream(outputs.split(" ")).map(s -> s.equals("_") ? "" : s).toList();
    String[] type = opType.split(":");
    String domain = type.length > 1 ? type[0] : "";
    if (!domain.isEmpty()) {
      domains.put(domain, 1L);
    }
    nodes.add(new Node("node_" + out.get(0), domain, type[type.length - 1], in, out, map));
    return this;
  }

  private static Attribute attribute(Object value) {
    if (value instanceof Integer i) {
      return new Attribute.OfInt(i);
    }
    if (value instanceof Float f) {
      return new Attribute.OfFloat(f);
    }
    if (value instanceof String s) {
      return new Attribute.OfString(s);
    }
    if (value instanceof float[] f) {
      List<Float> floats = new ArrayList<>();
      for (float element : f) {
        floats.add(element);
      }
      return new Attribute.OfFloats(floats);
    }
    if (value instanceof List<?> strings) {
      return new Attribute.OfStrings(strings.stream().map(String.class::cast).toList());
    }
    if (value instanceof Tensor t) {
      return new Attribute.OfTensor(t);
    }
    return new Attribute.OfInts(Arrays.stream((long[]) value).boxed().toList());
  }

  /** Several values as one: all elements of each, one after the other, as floats. */
  public Graph outputs(String... names) {
    longs("flat", -1);
    List<String> rows = new ArrayList<>();
    for (String name : names) {
      node("Reshape", name + " flat", name + "_flat");
      node("Cast", name + "_flat", name + "_row", "to", DataType.FLOAT.onnxCode());
      rows.add(name + "_row");
    }
    node("Concat", String.join(" ", rows), "y", "axis", 0);
    return output("y", 1);
  }

  /**
   * A subgraph: several outputs of unknown shape.
   *
   * @param outputs names, those of booleans as {@code name:bool}
   */
  public Graph body(String... outputs) {
    List<ValueInfo> infos = new ArrayList<>();
    for (String output : outputs) {
      String[] parts = output.split(":");
      infos.add(
          new ValueInfo(
              parts[0], parts.length > 1 ? DataType.BOOL : DataType.FLOAT, Shape.UNRANKED));
    }
    return graph(infos);
  }

  public Graph output(String name, int rank) {
    long[] open = new long[rank];
    Arrays.fill(open, Shape.UNKNOWN);
    return output(name, Shape.of(open));
  }

  public Graph output(String name, Shape shape) {
    String[] symbols = new String[shape.rank()];
    for (int i = 0; i < symbols.length; i++) {
      symbols[i] = shape.isKnown(i) ? "" : "o" + i;
    }
    return graph(List.of(new ValueInfo(name, DataType.FLOAT, shape, List.of(symbols))));
  }

  private Graph graph(List<ValueInfo> outputs) {
    Map<String, Long> opsets = new TreeMap<>(domains);
    opsets.put("", opset);
    return new Graph(
        "test",
        inputs,
        outputs,
        nodes,
        initializers,
        opsets,
        opset < 13 ? 7 : opset < 19 ? 8 : 10,
        "test",
        Map.of());
  }

  public static long[] ints(long... values) {
    return values;
  }

  /** Values from −limit to limit. */
  public static Tensor random(SplittableRandom random, float limit, long... shape) {
    float[] values = new float[(int) Shape.of(shape).elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1) * limit;
    }
    return Tensor.ofFloats(Shape.of(shape), values);
  }

  /**
   * Values from −limit to limit in random order, 2·limit/n from their neighbours and limit/2n from
   * 0, so that small steps cross no kink of a maximum or an absolute value.
   */
  public static Tensor distinct(SplittableRandom random, float limit, long... shape) {
    float[] values = new float[(int) Shape.of(shape).elements()];
    for (int i = 0; i < values.length; i++) {
      int at = random.nextInt(i + 1);
      values[i] = values[at];
      values[at] = limit * (2 * (i + 0.75f) / values.length - 1);
    }
    return Tensor.ofFloats(Shape.of(shape), values);
  }

  /** A small residual network with BatchNorm: N×{@code channels}×8×8 → N×classes. */
  public static Graph residual(int channels, int width, int classes) {
    Graphs g = opset(17).input("x", -1, channels, 8, 8);
    g.batchNormed("x", "stem", channels, width, 3, 1, true);
    g.batchNormed("stem", "a", width, width, 3, 1, true);
    g.batchNormed("a", "b", width, width, 3, 1, false);
    g.node("Add", "b stem", "sum1").node("Relu", "sum1", "block1");
    g.batchNormed("block1", "c", width, 2 * width, 3, 2, true);
    g.batchNormed("c", "d", 2 * width, 2 * width, 3, 1, false);
    g.batchNormed("block1", "short", width, 2 * width, 1, 2, false);
    g.node("Add", "d short", "sum2").node("Relu", "sum2", "block2");
    g.node("GlobalAveragePool", "block2", "pooled").node("Flatten", "pooled", "features");
    g.weight("fc.weight", classes, 2 * width).weight("fc.bias", classes);
    g.node("Gemm", "features fc.weight fc.bias", "logits", "transB", 1);
    return g.output("logits", Shape.of(Shape.UNKNOWN, classes));
  }

  private void batchNormed(
      String from, String to, int in, int out, int kernel, int stride, boolean relu) {
    Tensor weight = random(random, (float) Math.sqrt(6.0 / in) / kernel, out, in, kernel, kernel);
    constant(to + ".weight", weight);
    int pad = kernel / 2;
    node(
        "Conv",
        from + " " + to + ".weight",
        to + "_conv",
        "kernel_shape",
        ints(kernel, kernel),
        "pads",
        ints(pad, pad, pad, pad),
        "strides",
        ints(stride, stride));
    positive(to + ".scale", out).weight(to + ".bias", out);
    weight(to + ".mean", out).positive(to + ".var", out);
    node(
        "BatchNormalization",
        String.format("%1$s_conv %1$s.scale %1$s.bias %1$s.mean %1$s.var", to),
        relu ? to + "_bn" : to);
    if (relu) {
      node("Relu", to + "_bn", to);
    }
  }
}
