package io.rspar.graph.property;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * A valid network made of choices: an input, some steps that each read earlier values, and one
 * small output for every value that nothing reads.
 */
final class RandomNetwork {
  private static final int MAX_STEPS = 12;
  private static final int MAX_WIDTH = 24;
  private static final long OPSET = 17;

  /** A value and its extents without the batch: C×H×W, T×E or E. */
  private record Value(String name, long... dims) {
    int rank() {
      return dims.length;
    }

    long dim(int axis) {
      return dims[axis];
    }
  }

  private final Decisions choose;
  private final GraphBuilder b = new GraphBuilder(1).opset(OPSET);
  private final List<Value> values = new ArrayList<>();
  private final Set<String> unread = new LinkedHashSet<>();
  private final long batch;
  private int names;

  private RandomNetwork(Decisions choose) {
    this.choose = choose;
    this.batch = choose.yes() ? Shape.UNKNOWN : 2;
  }

  static Graph of(Decisions choose) {
    return new RandomNetwork(choose).build();
  }

  private Graph build() {
    input();
    int steps = choose.between(1, MAX_STEPS);
    for (int i = 0; i < steps; i++) {
      Value x = values.get(values.size() - 1 - choose.next(Math.min(3, values.size())));
      switch (x.rank()) {
        case 3 -> image(x);
        case 2 -> sequence(x);
        default -> vector(x);
      }
    }
    for (String name : List.copyOf(unread)) {
      Value x = values.stream().filter(v -> v.name().equals(name)).findFirst().orElseThrow();
      Value features = x.rank() == 1 ? x : pooled(x);
      String out = gemm(features, 3, true).name();
      b.output(out, batch, 3);
    }
    return b.build();
  }

  private void input() {
    switch (choose.next(4)) {
      case 1 -> {
        String x = b.input("x", batch, 6, 8);
        linear(new Value(x, 6, 8), width(), true);
      }
      case 2 -> gemm(new Value(b.input("x", batch, 10), 10), width(), true);
      case 3 -> {
        String ids = b.input("ids", DataType.INT64, batch, 6);
        long e = width();
        push("Gather", Map.of(), new long[] {6, e}, b.weight(fresh("table"), 5, e), ids);
      }
      default -> {
        String x = b.input("x", batch, 3, 8, 8);
        conv(new Value(x, 3, 8, 8), width(), 3, 1, 1);
      }
    }
  }

  // --- steps ---

  private void image(Value x) {
    long c = x.dim(0);
    switch (choose.next(35)) {
      case 0 -> anyConv(x);
      case 1 -> activation(x);
      case 2 -> batchNorm(x);
      case 3 -> residual(x);
      case 4 -> concat(x, 0);
      case 5 -> split(x, 0);
      case 6 -> slice(x, 0);
      case 7 -> shuffle(x);
      case 8 -> pad(x);
      case 9 -> pool(x);
      case 10 -> resize(x);
      case 11 -> convTranspose(x);
      case 12 -> squeezeExcite(x);
      case 13 -> gather(x, 0);
      case 14 -> scaleAndShift(x, c, 1, 1);
      case 15 -> toSequence(x);
      case 16 -> toVector(x);
      case 17 -> channelsLast(x);
      case 18 -> instanceNorm(x);
      case 19 -> groupNorm(x);
      case 20 -> push("Softmax", Map.of("axis", integer(1)), x.dims(), x.name());
      case 21 -> push("PRelu", Map.of(), x.dims(), x.name(), b.weight(fresh("slope"), c, 1, 1));
      case 22 -> tiled(x);
      case 23 -> spatialAttention(x);
      case 24 -> depthToSpace(x);
      case 25 -> push("LRN", Map.of("size", integer(3)), x.dims(), x.name());
      case 26 ->
          push(
              "Transpose",
              Map.of("perm", ints(0, 1, 3, 2)),
              new long[] {c, x.dim(2), x.dim(1)},
              x.name());
      case 27 -> push("Identity", Map.of(), x.dims(), x.name());
      case 28 -> where(x);
      case 29 -> concat(x, 1);
      case 30 -> pooledAgainstItself(x);
      case 31 -> maxout(x);
      case 32 -> overWidth(x);
      case 33 -> scaledByWidth(x, 1);
      default -> normalised(x);
    }
  }

  private void sequence(Value x) {
    long e = x.dim(1);
    switch (choose.next(27)) {
      case 0 -> linear(x, width(), choose.yes());
      case 1 -> activation(x);
      case 2 -> layerNorm(x);
      case 3 -> residual(x);
      case 4 -> attention(x);
      case 5 -> concat(x, 1);
      case 6 -> split(x, 1);
      case 7 -> slice(x, 1);
      case 8 -> decomposedLayerNorm(x);
      case 9 -> rmsNorm(x);
      case 10 -> gated(x);
      case 11 -> feedForward(x);
      case 12 -> firstToken(x);
      case 13 -> toVector(x);
      case 14 -> tokenMixing(x);
      case 15 -> push("Softmax", Map.of("axis", integer(2)), x.dims(), x.name());
      case 16 ->
          push("Add", Map.of(), x.dims(), x.name(), b.weight(fresh("position"), x.dim(0), e));
      case 17 -> lookedUpPositions(x);
      case 18 -> toImage(x);
      case 19 -> scaleAndShift(x, e);
      case 20 -> conv1d(x);
      case 21 -> classToken(x);
      case 22 -> concat(x, 0);
      case 23 -> slice(x, 0);
      case 24 -> gather(x, 1);
      case 25 -> scaledByWidth(x, 2);
      default -> attentionFused(x);
    }
  }

  private void vector(Value x) {
    switch (choose.next(16)) {
      case 0 -> gemm(x, width(), choose.yes());
      case 1 -> activation(x);
      case 2 -> batchNorm(x);
      case 3 -> residual(x);
      case 4 -> concat(x, 0);
      case 5 -> split(x, 0);
      case 6 -> slice(x, 0);
      case 7 -> gather(x, 0);
      case 8 -> heads(x);
      case 9 ->
          push(
              "Unsqueeze",
              Map.of(),
              new long[] {x.dim(0), 1, 1},
              x.name(),
              b.longs(fresh("axes"), 2, 3));
      case 10 -> push("Softmax", Map.of("axis", integer(1)), x.dims(), x.name());
      case 11 -> scaleAndShift(x, x.dim(0));
      case 12 -> outerProduct(x);
      case 13 -> matMul(x, width());
      case 14 -> centred(x);
      default -> where(x);
    }
  }

  // --- layers ---

  private void anyConv(Value x) {
    int c = (int) x.dim(0);
    List<Integer> groups = new ArrayList<>(List.of(1));
    for (int g = 2; g <= c; g++) {
      if (c % g == 0) {
        groups.add(g);
      }
    }
    int g = choose.of(groups);
    int perGroup = choose.between(1, Math.max(1, MAX_WIDTH / g));
    int kernel = choose.yes() ? 3 : 1;
    conv(x, (long) g * perGroup, kernel, choose.between(1, 2), g);
  }

  private Value conv(Value x, long out, int kernel, int stride, int groups) {
    String name = fresh("conv");
    List<String> inputs = new ArrayList<>(List.of(x.name()));
    inputs.add(b.weight(name + ".weight", out, x.dim(0) / groups, kernel, kernel));
    if (choose.yes()) {
      inputs.add(b.weight(name + ".bias", out));
    }
    long pad = kernel / 2;
    Map<String, Attribute> attributes = new TreeMap<>();
    attributes.put("strides", ints(stride, stride));
    attributes.put("pads", ints(pad, pad, pad, pad));
    attributes.put("group", integer(groups));
    return push(
        "Conv",
        attributes,
        new long[] {out, (x.dim(1) - 1) / stride + 1, (x.dim(2) - 1) / stride + 1},
        inputs.toArray(String[]::new));
  }

  private void convTranspose(Value x) {
    if (x.dim(1) > 8 || x.dim(2) > 8) {
      return;
    }
    int c = (int) x.dim(0);
    int groups = c % 2 == 0 && choose.yes() ? 2 : 1;
    long perGroup = choose.between(1, 6);
    push(
        "ConvTranspose",
        Map.of("strides", ints(2, 2), "group", integer(groups)),
        new long[] {groups * perGroup, 2 * x.dim(1), 2 * x.dim(2)},
        x.name(),
        b.weight(fresh("up.weight"), c, perGroup, 2, 2),
        b.weight(fresh("up.bias"), groups * perGroup));
  }

  private void conv1d(Value x) {
    Value turned = transposed(x);
    long out = width();
    String y =
        silent(
            "Conv",
            Map.of("pads", ints(1, 1)),
            turned.name(),
            b.weight(fresh("conv1d.weight"), out, x.dim(1), 3));
    push("Transpose", Map.of("perm", ints(0, 2, 1)), new long[] {x.dim(0), out}, y);
  }

  private Value transposed(Value x) {
    return new Value(
        silent("Transpose", Map.of("perm", ints(0, 2, 1)), x.name()), x.dim(1), x.dim(0));
  }

  private Value gemm(Value x, long out, boolean bias) {
    boolean outputsFirst = choose.yes();
    String name = fresh("fc");
    String weight =
        outputsFirst
            ? b.weight(name + ".weight", out, x.dim(0))
            : b.weight(name + ".weight", x.dim(0), out);
    List<String> inputs = new ArrayList<>(List.of(x.name(), weight));
    if (bias) {
      inputs.add(b.weight(name + ".bias", out));
    }
    return push(
        "Gemm",
        Map.of("transB", integer(outputsFirst ? 1 : 0)),
        new long[] {out},
        inputs.toArray(String[]::new));
  }

  private void matMul(Value x, long out) {
    push("MatMul", Map.of(), new long[] {out}, x.name(), b.weight(fresh("w"), x.dim(0), out));
  }

  private Value linear(Value x, long out, boolean bias) {
    return named(x.dim(0), out, project(x, out, bias));
  }

  /** The product with a weight, stored either way round; not yet a value to choose from. */
  private String project(Value x, long out, boolean bias) {
    String name = fresh("linear");
    String weight =
        choose.yes()
            ? silent(
                "Transpose", Map.of("perm", ints(1, 0)), b.weight(name + ".weight", out, x.dim(1)))
            : b.weight(name + ".weight", x.dim(1), out);
    String y = silent("MatMul", Map.of(), x.name(), weight);
    return bias ? silent("Add", Map.of(), b.weight(name + ".bias", out), y) : y;
  }

  private void overWidth(Value x) {
    long out = choose.between(1, 6);
    push(
        "MatMul",
        Map.of(),
        new long[] {x.dim(0), x.dim(1), out},
        x.name(),
        b.weight(fresh("columns"), x.dim(2), out));
  }

  private void feedForward(Value x) {
    long hidden = width();
    String up = silent("Relu", Map.of(), project(x, hidden, true));
    String down = project(new Value(up, x.dim(0), hidden), x.dim(1), true);
    push("Add", Map.of(), x.dims(), x.name(), down);
  }

  // --- activations and normalisations ---

  private void activation(Value x) {
    switch (choose.next(9)) {
      case 1 -> push("Sigmoid", Map.of(), x.dims(), x.name());
      case 2 -> push("HardSwish", Map.of(), x.dims(), x.name());
      case 3 -> push("LeakyRelu", Map.of(), x.dims(), x.name());
      case 4 -> push("Clip", Map.of(), x.dims(), x.name(), b.scalar(fresh("low"), 0));
      case 5 -> {
        String erf =
            silent(
                "Erf",
                Map.of(),
                silent("Div", Map.of(), x.name(), b.scalar(fresh("root"), Math.sqrt(2))));
        String plus = silent("Add", Map.of(), erf, b.scalar(fresh("one"), 1));
        push("Mul", Map.of(), x.dims(), x.name(), plus);
      }
      case 6 -> push("Mul", Map.of(), x.dims(), x.name(), silent("Sigmoid", Map.of(), x.name()));
      case 7 -> push("Elu", Map.of(), x.dims(), x.name());
      case 8 -> push("Tanh", Map.of(), x.dims(), x.name());
      default -> push("Relu", Map.of(), x.dims(), x.name());
    }
  }

  private void batchNorm(Value x) {
    String y = b.batchNorm(fresh("bn"), x.name(), (int) x.dim(0));
    took(x.name());
    pushed(y, x.dims());
  }

  private void instanceNorm(Value x) {
    push(
        "InstanceNormalization",
        Map.of(),
        x.dims(),
        x.name(),
        b.weight(fresh("scale"), x.dim(0)),
        b.weight(fresh("shift"), x.dim(0)));
  }

  /** As exporters write group normalisation before operator set 18. */
  private void groupNorm(Value x) {
    long c = x.dim(0);
    long groups = choose.of(divisors(c));
    String flat = reshape(x.name(), groups, -1);
    String unit =
        silent(
            "InstanceNormalization",
            Map.of(),
            flat,
            b.constant(fresh("ones"), filled(groups, 1)),
            b.constant(fresh("zeros"), filled(groups, 0)));
    String back = reshape(unit, x.dims());
    scaleAndShift(new Value(back, x.dims()), c, 1, 1);
  }

  private void layerNorm(Value x) {
    long e = x.dim(1);
    push(
        "LayerNormalization",
        Map.of("axis", integer(-1)),
        x.dims(),
        x.name(),
        b.weight(fresh("scale"), e),
        b.weight(fresh("shift"), e));
  }

  private void decomposedLayerNorm(Value x) {
    String centred = silent("Sub", Map.of(), x.name(), mean(x.name(), 2));
    String square = silent("Pow", Map.of(), centred, b.scalar(fresh("two"), 2));
    String deviation =
        silent(
            "Sqrt",
            Map.of(),
            silent("Add", Map.of(), mean(square, 2), b.scalar(fresh("epsilon"), 1e-2)));
    String unit = silent("Div", Map.of(), centred, deviation);
    scaleAndShift(new Value(unit, x.dims()), x.dim(1));
  }

  private void rmsNorm(Value x) {
    String square = silent("Mul", Map.of(), x.name(), x.name());
    String root =
        silent(
            "Sqrt",
            Map.of(),
            silent("Add", Map.of(), mean(square, 2), b.scalar(fresh("epsilon"), 1e-2)));
    String unit = silent("Div", Map.of(), x.name(), root);
    push("Mul", Map.of(), x.dims(), unit, b.weight(fresh("scale"), x.dim(1)));
  }

  private String mean(String x, long axis) {
    return silent("ReduceMean", Map.of("axes", ints(axis), "keepdims", integer(1)), x);
  }

  private void centred(Value x) {
    push("Sub", Map.of(), x.dims(), x.name(), mean(x.name(), 1));
  }

  private void normalised(Value x) {
    String norm = silent("ReduceL2", Map.of("axes", ints(1), "keepdims", integer(1)), x.name());
    push(
        "Div",
        Map.of(),
        x.dims(),
        x.name(),
        silent("Add", Map.of(), norm, b.scalar(fresh("epsilon"), 0.1)));
  }

  private void scaleAndShift(Value x, long... dims) {
    String y = x.name();
    if (choose.yes()) {
      y = silent("Mul", Map.of(), y, b.weight(fresh("gamma"), dims));
    }
    push("Add", Map.of(), x.dims(), y, b.weight(fresh("beta"), dims));
  }

  // --- branches ---

  /** A scale computed from an extent, as of queries by the size of a head. */
  private void scaledByWidth(Value x, int axis) {
    String shape = silent("Shape", Map.of(), x.name());
    Tensor index = Tensor.ofLongs(choose.yes() ? Shape.of() : Shape.of(1), axis);
    String extent = silent("Gather", Map.of(), shape, b.constant(fresh("index"), index));
    Map<String, Attribute> real = Map.of("to", integer(DataType.FLOAT.onnxCode()));
    String power =
        silent("Pow", Map.of(), silent("Cast", real, extent), b.scalar(fresh("root"), -0.5));
    push("Mul", Map.of(), x.dims(), x.name(), power);
  }

  private void residual(Value x) {
    List<Value> others =
        values.stream()
            .filter(v -> Arrays.equals(v.dims(), x.dims()) && !v.name().equals(x.name()))
            .toList();
    String op = choose.of("Add", "Mul", "Sub", "Max");
    Value other;
    if (!others.isEmpty()) {
      other = choose.of(others);
    } else {
      other =
          switch (x.rank()) {
            case 3 -> conv(x, x.dim(0), 3, 1, 1);
            case 2 -> linear(x, x.dim(1), true);
            default -> gemm(x, x.dim(0), true);
          };
    }
    push(op, Map.of(), x.dims(), x.name(), other.name());
  }

  private void concat(Value x, int axis) {
    List<Value> others =
        values.stream()
            .filter(
                v -> {
                  if (v.rank() != x.rank() || v.dim(axis) + x.dim(axis) > 2 * MAX_WIDTH) {
                    return false;
                  }
                  long[] same = v.dims().clone();
                  same[axis] = x.dim(axis);
                  return Arrays.equals(same, x.dims());
                })
            .toList();
    if (others.isEmpty()) {
      return;
    }
    Value other = choose.of(others);
    long[] dims = x.dims().clone();
    dims[axis] += other.dim(axis);
    push("Concat", Map.of("axis", integer(axis + 1)), dims, other.name(), x.name());
  }

  private void split(Value x, int axis) {
    long extent = x.dim(axis);
    if (extent < 2) {
      return;
    }
    long first = choose.yes() ? choose.between(1, (int) extent - 1) : extent / 2;
    String sizes = b.longs(fresh("sizes"), first, extent - first);
    List<String> parts =
        b.nodes("Split", fresh("split"), Map.of("axis", integer(axis + 1)), 2, x.name(), sizes);
    took(x.name());
    long[] dims = x.dims().clone();
    dims[axis] = first;
    pushed(parts.get(0), dims);
    dims = dims.clone();
    dims[axis] = extent - first;
    pushed(parts.get(1), dims);
  }

  private void slice(Value x, int axis) {
    int extent = (int) x.dim(axis);
    int from = choose.next(extent);
    int step = choose.between(1, 2);
    int length = (extent - from - 1) / step + 1;
    boolean backwards = step == 1 && choose.yes();
    long[] dims = x.dims().clone();
    dims[axis] = backwards ? from + 1 : length;
    push(
        "Slice",
        Map.of(),
        dims,
        x.name(),
        b.longs(fresh("from"), backwards ? from : from - extent),
        b.longs(fresh("to"), backwards ? -extent - 1 : Integer.MAX_VALUE),
        b.longs(fresh("axis"), axis + 1),
        b.longs(fresh("step"), backwards ? -1 : step));
  }

  private void gather(Value x, int axis) {
    int extent = (int) x.dim(axis);
    int count = choose.between(1, extent);
    long[] indices = new long[count];
    for (int i = 0; i < count; i++) {
      indices[i] = choose.next(2 * extent) - extent;
    }
    long[] dims = x.dims().clone();
    dims[axis] = count;
    push(
        "Gather",
        Map.of("axis", integer(axis + 1)),
        dims,
        x.name(),
        b.longs(fresh("indices"), indices));
  }

  private void gated(Value x) {
    long half = width();
    String both = project(x, 2 * half, true);
    List<String> parts =
        b.nodes(
            "Split",
            fresh("glu"),
            Map.of("axis", integer(2)),
            2,
            both,
            b.longs(fresh("sizes"), half, half));
    push(
        "Mul",
        Map.of(),
        new long[] {x.dim(0), half},
        parts.get(0),
        silent("Sigmoid", Map.of(), parts.get(1)));
  }

  private void where(Value x) {
    String above = silent("Greater", Map.of(), x.name(), b.scalar(fresh("border"), 0.1));
    push("Where", Map.of(), x.dims(), above, x.name(), b.scalar(fresh("otherwise"), -0.2));
  }

  // --- channels and positions ---

  private void shuffle(Value x) {
    long c = x.dim(0);
    long groups = choose.of(divisors(c));
    String split = reshape(x.name(), groups, c / groups, x.dim(1), x.dim(2));
    String turned = silent("Transpose", Map.of("perm", ints(0, 2, 1, 3, 4)), split);
    named(x.dims(), reshape(turned, x.dims()));
  }

  private void maxout(Value x) {
    long c = x.dim(0);
    if (c % 2 != 0) {
      return;
    }
    boolean pairs = choose.yes();
    String split =
        pairs
            ? reshape(x.name(), c / 2, 2, x.dim(1), x.dim(2))
            : reshape(x.name(), 2, c / 2, x.dim(1), x.dim(2));
    String op = choose.of("ReduceMax", "ReduceMean");
    push(
        op,
        Map.of("axes", ints(pairs ? 2 : 1), "keepdims", integer(0)),
        new long[] {c / 2, x.dim(1), x.dim(2)},
        split);
  }

  private void depthToSpace(Value x) {
    if (x.dim(0) % 4 != 0 || x.dim(1) > 8) {
      return;
    }
    push(
        "DepthToSpace",
        Map.of("blocksize", integer(2)),
        new long[] {x.dim(0) / 4, 2 * x.dim(1), 2 * x.dim(2)},
        x.name());
  }

  private void pad(Value x) {
    long channels = choose.next(4);
    long sides = choose.next(2);
    long before = choose.next((int) channels + 1);
    push(
        "Pad",
        Map.of(),
        new long[] {x.dim(0) + channels, x.dim(1) + 2 * sides, x.dim(2)},
        x.name(),
        b.longs(fresh("pads"), 0, before, sides, 0, 0, channels - before, sides, 0));
  }

  private void pool(Value x) {
    String op = choose.of("MaxPool", "AveragePool");
    push(
        op,
        Map.of("kernel_shape", ints(3, 3), "strides", ints(2, 2), "pads", ints(1, 1, 1, 1)),
        new long[] {x.dim(0), (x.dim(1) - 1) / 2 + 1, (x.dim(2) - 1) / 2 + 1},
        x.name());
  }

  private void resize(Value x) {
    if (x.dim(1) > 8 || x.dim(2) > 8) {
      return;
    }
    String scales = b.constant(fresh("scales"), Tensor.ofFloats(Shape.of(4), 1, 1, 2, 2));
    push(
        "Resize",
        Map.of("mode", new Attribute.OfString(choose.of("nearest", "linear"))),
        new long[] {x.dim(0), 2 * x.dim(1), 2 * x.dim(2)},
        x.name(),
        "",
        scales);
  }

  private void squeezeExcite(Value x) {
    long c = x.dim(0);
    long hidden = choose.between(1, 8);
    String pooled = silent("GlobalAveragePool", Map.of(), x.name());
    String down = silent("Conv", Map.of(), pooled, b.weight(fresh("squeeze"), hidden, c, 1, 1));
    String up =
        silent(
            "Conv",
            Map.of(),
            silent("Relu", Map.of(), down),
            b.weight(fresh("excite"), c, hidden, 1, 1),
            b.weight(fresh("excite.bias"), c));
    push("Mul", Map.of(), x.dims(), silent("HardSigmoid", Map.of(), up), x.name());
  }

  private void tiled(Value x) {
    String pooled = silent("GlobalMaxPool", Map.of(), x.name());
    if (choose.yes()) {
      push(
          "Expand",
          Map.of(),
          x.dims(),
          pooled,
          b.longs(fresh("target"), 1, x.dim(0), x.dim(1), x.dim(2)));
    } else {
      push("Tile", Map.of(), x.dims(), pooled, b.longs(fresh("repeats"), 1, 1, x.dim(1), x.dim(2)));
    }
  }

  private void spatialAttention(Value x) {
    String mean = mean(x.name(), 1);
    String max = silent("ReduceMax", Map.of("axes", ints(1), "keepdims", integer(1)), x.name());
    String both = silent("Concat", Map.of("axis", integer(1)), mean, max);
    String map =
        silent("Conv", Map.of("pads", ints(1, 1, 1, 1)), both, b.weight(fresh("map"), 1, 2, 3, 3));
    push("Mul", Map.of(), x.dims(), x.name(), silent("Sigmoid", Map.of(), map));
  }

  private void pooledAgainstItself(Value x) {
    String pooled =
        silent("ReduceMean", Map.of("axes", ints(2, 3), "keepdims", integer(1)), x.name());
    push(choose.of("Add", "Sub"), Map.of(), x.dims(), x.name(), pooled);
  }

  private void channelsLast(Value x) {
    long c = x.dim(0);
    String last = silent("Transpose", Map.of("perm", ints(0, 2, 3, 1)), x.name());
    String unit =
        silent(
            "LayerNormalization",
            Map.of("axis", integer(-1)),
            last,
            b.weight(fresh("scale"), c),
            b.weight(fresh("shift"), c));
    long hidden = width();
    String up = silent("MatMul", Map.of(), unit, b.weight(fresh("up"), c, hidden));
    String down =
        silent(
            "MatMul", Map.of(), silent("Relu", Map.of(), up), b.weight(fresh("down"), hidden, c));
    String scaled = silent("Mul", Map.of(), down, b.weight(fresh("layerScale"), c));
    String first = silent("Transpose", Map.of("perm", ints(0, 3, 1, 2)), scaled);
    push("Add", Map.of(), x.dims(), x.name(), first);
  }

  // --- attention ---

  private void attention(Value x) {
    int heads = choose.between(1, 4);
    int size = choose.between(1, 4);
    long inner = (long) heads * size;
    Value other = choose.yes() ? anySequence() : x;
    boolean merged = choose.yes();
    String q = headsOf(project(x, inner, true), x.dim(0), heads, size);
    String k = headsOf(project(other, inner, choose.yes()), other.dim(0), heads, size);
    String v = headsOf(project(other, inner, true), other.dim(0), heads, size);
    if (merged) {
      q = withBatch(q, x.dim(0), size);
      k = withBatch(k, other.dim(0), size);
      v = withBatch(v, other.dim(0), size);
    }
    attend(x, q, k, v, inner, size, merged);
  }

  /** Heads merged with the batch, for a product over three axes. */
  private String withBatch(String x, long tokens, long size) {
    return silent("Reshape", Map.of(), x, b.longs(fresh("shape"), -1, tokens, size));
  }

  /** A sequence to attend to. */
  private Value anySequence() {
    return choose.of(values.stream().filter(v -> v.rank() == 2).toList());
  }

  private void attentionFused(Value x) {
    int heads = choose.between(1, 4);
    int size = choose.between(1, 4);
    long inner = (long) heads * size;
    String fused = project(x, 3 * inner, true);
    if (choose.yes()) {
      List<String> parts =
          b.nodes(
              "Split",
              fresh("qkv"),
              Map.of("axis", integer(2)),
              3,
              fused,
              b.longs(fresh("sizes"), inner, inner, inner));
      attend(
          x,
          headsOf(parts.get(0), x.dim(0), heads, size),
          headsOf(parts.get(1), x.dim(0), heads, size),
          headsOf(parts.get(2), x.dim(0), heads, size),
          inner,
          size,
          false);
      return;
    }
    // timm's way: N×T×3×H×D, turned to 3×N×H×T×D, one of the three taken.
    String five = reshape(fused, x.dim(0), 3, heads, size);
    String turned = silent("Transpose", Map.of("perm", ints(2, 0, 3, 1, 4)), five);
    List<String> parts = new ArrayList<>();
    for (long i = 0; i < 3; i++) {
      String index = b.constant(fresh("which"), Tensor.ofLongs(Shape.of(), i));
      parts.add(silent("Gather", Map.of("axis", integer(0)), turned, index));
    }
    attend(x, parts.get(0), parts.get(1), parts.get(2), inner, size, false);
  }

  private String headsOf(String x, long tokens, long heads, long size) {
    String split = reshape(x, tokens, heads, size);
    return silent("Transpose", Map.of("perm", ints(0, 2, 1, 3)), split);
  }

  private void attend(
      Value x, String q, String k, String v, long inner, long size, boolean merged) {
    Attribute perm = merged ? ints(0, 2, 1) : ints(0, 1, 3, 2);
    String turned = silent("Transpose", Map.of("perm", perm), k);
    String product = silent("MatMul", Map.of(), q, turned);
    String scaled =
        silent("Div", Map.of(), product, b.scalar(fresh("scale"), Math.sqrt((double) size)));
    String weights = silent("Softmax", Map.of("axis", integer(-1)), scaled);
    String mixed = silent("MatMul", Map.of(), weights, v);
    if (merged) {
      long[] apart = {-1, inner / size, x.dim(0), size};
      mixed = silent("Reshape", Map.of(), mixed, b.longs(fresh("shape"), apart));
    }
    String back = silent("Transpose", Map.of("perm", ints(0, 2, 1, 3)), mixed);
    String joined = reshape(back, x.dim(0), inner);
    String out = project(new Value(joined, x.dim(0), inner), x.dim(1), true);
    if (choose.yes()) {
      push("Add", Map.of(), x.dims(), x.name(), out);
    } else {
      took(x.name());
      named(x.dims(), out);
    }
  }

  // --- sequences ---

  private void tokenMixing(Value x) {
    Value turned = transposed(x);
    long hidden = choose.between(1, 8);
    String up = silent("MatMul", Map.of(), turned.name(), b.weight(fresh("mix"), x.dim(0), hidden));
    String down =
        silent(
            "MatMul",
            Map.of(),
            silent("Relu", Map.of(), up),
            b.weight(fresh("unmix"), hidden, x.dim(0)));
    String back = silent("Transpose", Map.of("perm", ints(0, 2, 1)), down);
    push("Add", Map.of(), x.dims(), x.name(), back);
  }

  private void lookedUpPositions(Value x) {
    String extents = silent("Shape", Map.of(), x.name());
    String tokens =
        silent(
            "Gather",
            Map.of("axis", integer(0)),
            extents,
            b.constant(fresh("one"), Tensor.ofLongs(Shape.of(), 1)));
    String range =
        silent(
            "Range",
            Map.of(),
            b.constant(fresh("zero"), Tensor.ofLongs(Shape.of(), 0)),
            tokens,
            b.constant(fresh("step"), Tensor.ofLongs(Shape.of(), 1)));
    String table = b.weight(fresh("positions"), x.dim(0) + 3, x.dim(1));
    push("Add", Map.of(), x.dims(), x.name(), silent("Gather", Map.of(), table, range));
  }

  private void classToken(Value x) {
    String extents = silent("Shape", Map.of(), x.name());
    String examples =
        silent("Gather", Map.of("axis", integer(0)), extents, b.longs(fresh("zero"), 0));
    String target;
    if (choose.yes()) {
      target =
          silent(
              "Concat", Map.of("axis", integer(0)), examples, b.longs(fresh("token"), 1, x.dim(1)));
    } else {
      // As torch writes expand(n, -1, -1).
      String given =
          silent("Concat", Map.of("axis", integer(0)), examples, b.longs(fresh("minus"), -1, -1));
      target =
          silent(
              "Where",
              Map.of(),
              silent("Equal", Map.of(), given, b.longs(fresh("keep"), -1)),
              b.longs(fresh("ones"), 1, 1, 1),
              given);
    }
    String token = silent("Expand", Map.of(), b.weight(fresh("class"), 1, 1, x.dim(1)), target);
    push(
        "Concat", Map.of("axis", integer(1)), new long[] {x.dim(0) + 1, x.dim(1)}, token, x.name());
  }

  private void firstToken(Value x) {
    String index = b.constant(fresh("first"), Tensor.ofLongs(Shape.of(), 0));
    push("Gather", Map.of("axis", integer(1)), new long[] {x.dim(1)}, x.name(), index);
  }

  private void toSequence(Value x) {
    long pixels = x.dim(1) * x.dim(2);
    String flat = reshape(x.name(), x.dim(0), choose.yes() ? -1 : pixels);
    push("Transpose", Map.of("perm", ints(0, 2, 1)), new long[] {pixels, x.dim(0)}, flat);
  }

  private void toImage(Value x) {
    Value turned = transposed(x);
    long side = choose.of(divisors(x.dim(0)));
    named(
        new long[] {x.dim(1), side, x.dim(0) / side},
        reshape(turned.name(), x.dim(1), side, x.dim(0) / side));
  }

  private Value pooled(Value x) {
    if (x.rank() == 3) {
      return push(
          "Flatten",
          Map.of(),
          new long[] {x.dim(0)},
          silent("GlobalAveragePool", Map.of(), x.name()));
    }
    return push(
        "ReduceMean",
        Map.of("axes", ints(1), "keepdims", integer(0)),
        new long[] {x.dim(1)},
        x.name());
  }

  private void toVector(Value x) {
    long all = LongStream.of(x.dims()).reduce(1, (p, q) -> p * q);
    switch (choose.next(4)) {
      case 1 -> {
        if (all <= 200) {
          push("Flatten", Map.of(), new long[] {all}, x.name());
        }
      }
      case 2 -> {
        if (all <= 200) {
          named(new long[] {all}, reshape(x.name(), -1));
        }
      }
      case 3 -> {
        String op = choose.of("ReduceSum", "ReduceMax");
        long[] axes = x.rank() == 3 ? new long[] {2, 3} : new long[] {1};
        long channels = x.rank() == 3 ? x.dim(0) : x.dim(1);
        if (op.equals("ReduceSum")) {
          push(
              op,
              Map.of("keepdims", integer(0)),
              new long[] {channels},
              x.name(),
              b.longs(fresh("axes"), axes));
        } else {
          push(
              op,
              Map.of("axes", ints(axes), "keepdims", integer(0)),
              new long[] {channels},
              x.name());
        }
      }
      default -> pooled(x);
    }
  }

  // --- vectors ---

  private void heads(Value x) {
    long heads = choose.of(divisors(x.dim(0)));
    named(new long[] {heads, x.dim(0) / heads}, reshape(x.name(), heads, x.dim(0) / heads));
  }

  private void outerProduct(Value x) {
    if (x.dim(0) > MAX_WIDTH) {
      return;
    }
    String column = silent("Unsqueeze", Map.of(), x.name(), b.longs(fresh("axis"), 2));
    String row = silent("Unsqueeze", Map.of(), x.name(), b.longs(fresh("axis"), 1));
    push("MatMul", Map.of(), new long[] {x.dim(0), x.dim(0)}, column, row);
  }

  // --- plumbing ---

  private long width() {
    return choose.between(2, 12);
  }

  private String fresh(String stem) {
    return stem + names++;
  }

  /** A reshape that leaves the batch; the extents behind it. */
  private String reshape(String x, long... dims) {
    boolean computed = Arrays.stream(dims).noneMatch(d -> d == -1) && choose.yes();
    long[] target =
        LongStream.concat(LongStream.of(computed ? -1 : 0), LongStream.of(dims)).toArray();
    return silent("Reshape", Map.of(), x, b.longs(fresh("shape"), target));
  }

  private static List<Long> divisors(long number) {
    return LongStream.rangeClosed(1, number).filter(d -> number % d == 0).boxed().toList();
  }

  private static Tensor filled(long count, float value) {
    float[] values = new float[(int) count];
    Arrays.fill(values, value);
    return Tensor.ofFloats(Shape.of(count), values);
  }

  /** A node whose output is not offered to later steps. */
  private String silent(String op, Map<String, Attribute> attributes, String... inputs) {
    took(inputs);
    return b.node(op, fresh(op.toLowerCase(java.util.Locale.ROOT)), attributes, inputs);
  }

  private Value push(String op, Map<String, Attribute> attributes, long[] dims, String... inputs) {
    return pushed(silent(op, attributes, inputs), dims);
  }

  private Value named(long tokens, long width, String name) {
    return pushed(name, new long[] {tokens, width});
  }

  private void named(long[] dims, String name) {
    pushed(name, dims);
  }

  private Value pushed(String name, long[] dims) {
    Value value = new Value(name, dims.clone());
    values.add(value);
    unread.add(name);
    return value;
  }

  private void took(String... inputs) {
    unread.removeAll(Arrays.asList(inputs));
  }
}
