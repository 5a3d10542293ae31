package io.rspar.graph.testing;

import static io.rspar.graph.build.GraphBuilder.integer;
import static io.rspar.graph.build.GraphBuilder.ints;

import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Small networks with the structures of the families that they are named after. */
public final class Networks {
  private Networks() {}

  /** All of them by name. */
  public static Map<String, Supplier<Graph>> all() {
    Map<String, Supplier<Graph>> all = new LinkedHashMap<>();
    all.put("resNetConvShortcut", Networks::resNetConvShortcut);
    all.put("resNetPadShortcut", Networks::resNetPadShortcut);
    all.put("vgg", Networks::vgg);
    all.put("mobileNet", Networks::mobileNet);
    all.put("concatBranches", Networks::concatBranches);
    all.put("resNeXtManyGroups", () -> resNeXt(8, 2));
    all.put("resNeXtFewGroups", () -> resNeXt(2, 8));
    all.put("shuffleSplit", Networks::shuffleSplit);
    all.put("squeezeExcite", Networks::squeezeExcite);
    all.put("sharedWeight", Networks::sharedWeight);
    all.put("viewFlatten", Networks::viewFlatten);
    all.put("attention", Networks::attention);
    all.put("decoder", Networks::decoder);
    all.put("oldOpset", Networks::oldOpset);
    all.put("channelMoves", Networks::channelMoves);
    all.put("computedPad", Networks::computedPad);
    all.put("channelsLast", Networks::channelsLast);
    all.put("derivedWeights", Networks::derivedWeights);
    all.put("groupNormRegrouped", () -> groupNorm(3));
    all.put("layerNormRegrouped", () -> groupNorm(1));
    all.put("groupNormPerGroup", () -> groupNormalization(18, 3));
    all.put("groupNormPerChannel", () -> groupNormalization(21, 3));
    all.put("groupNormOfAll", () -> groupNormalization(21, 1));
    all.put("pixelShuffle", Networks::pixelShuffle);
    all.put("lstm", () -> recurrent("LSTM", 4));
    all.put("gru", () -> recurrent("GRU", 3));
    all.put("rnn", () -> recurrent("RNN", 1));
    all.put("openImage", Networks::openImage);
    all.put("openWindows", Networks::openWindows);
    all.put("everySecond", Networks::everySecond);
    all.put("scaledByWidth", Networks::scaledByWidth);
    all.put("spatialAttention", Networks::spatialAttention);
    all.putAll(Transformers.all());
    all.putAll(FusedNetworks.all());
    all.putAll(HeadNetworks.all());
    all.putAll(ExportedNetworks.all());
    all.putAll(QuantizedNetworks.all());
    return all;
  }

  /** Two stages whose second begins with a strided 1×1 convolution on the shortcut. */
  public static Graph resNetConvShortcut() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.block("stem", b.input("image", -1, 3, 8, 8), 3, 8, 3, 1, 1);
    x = residual(b, "a", x, 8, 8, 1, x);
    x = residual(b, "b", x, 8, 12, 2, b.conv("b.shortcut", x, 8, 12, 1, 2));
    return head(b, x, 12);
  }

  /** The parameter-free shortcut of CIFAR ResNets: every second pixel, zeros as new channels. */
  public static Graph resNetPadShortcut() {
    GraphBuilder b = new GraphBuilder(2);
    String x = b.block("stem", b.input("image", -1, 3, 8, 8), 3, 8, 3, 1, 1);
    x = residual(b, "a", x, 8, 8, 1, x);
    String every = b.longs("every.starts", 0, 0);
    String sliced =
        b.node(
            "Slice",
            "every",
            x,
            every,
            b.longs("every.ends", Integer.MAX_VALUE, Integer.MAX_VALUE),
            b.longs("every.axes", 2, 3),
            b.longs("every.steps", 2, 2));
    String padded = b.node("Pad", "pad", sliced, b.longs("pads", 0, 4, 0, 0, 0, 4, 0, 0));
    x = residual(b, "b", x, 8, 16, 2, padded);
    return head(b, x, 16);
  }

  private static String residual(
      GraphBuilder b, String name, String x, int cin, int cout, int stride, String shortcut) {
    String y = b.block(name + ".1", x, cin, cout, 3, stride, 1);
    y = b.batchNorm(name + ".2.bn", b.conv(name + ".2.conv", y, cout, cout, 3, 1), cout);
    return b.relu(name + ".relu", b.node("Add", name + ".add", y, shortcut));
  }

  private static Graph head(GraphBuilder b, String x, int channels) {
    String pooled = b.node("GlobalAveragePool", "gap", x);
    String flat = b.node("Flatten", "flatten", pooled);
    return b.output(b.linear("fc", flat, channels, 5), -1, 5).build();
  }

  /** Convolutions with bias, pooling, Flatten over 4 positions, two linear layers. */
  public static Graph vgg() {
    GraphBuilder b = new GraphBuilder(3);
    String x = b.input("image", -1, 3, 8, 8);
    int[] widths = {3, 6, 8, 10};
    for (int i = 1; i < widths.length; i++) {
      b.weight("conv" + i + ".weight", widths[i], widths[i - 1], 3, 3);
      b.weight("conv" + i + ".bias", widths[i]);
      x =
          b.node(
              "Conv",
              "conv" + i,
              Map.of("pads", ints(1, 1, 1, 1)),
              x,
              "conv" + i + ".weight",
              "conv" + i + ".bias");
      x = b.relu("relu" + i, x);
      if (i > 1) {
        x =
            b.node(
                "MaxPool",
                "pool" + i,
                Map.of("kernel_shape", ints(2, 2), "strides", ints(2, 2)),
                x);
      }
    }
    String flat = b.node("Flatten", "flatten", x);
    String hidden = b.relu("hidden", b.linear("fc1", flat, 10 * 4, 14));
    return b.output(b.linear("fc2", hidden, 14, 5), -1, 5).build();
  }

  /** Depthwise-separable blocks, one with two filters per channel. */
  public static Graph mobileNet() {
    GraphBuilder b = new GraphBuilder(4);
    String x = b.block("stem", b.input("image", -1, 3, 8, 8), 3, 6, 3, 2, 1);
    x = b.block("dw1", x, 6, 6, 3, 1, 6);
    x = b.block("pw1", x, 6, 10, 1, 1, 1);
    x = b.block("dw2", x, 10, 20, 3, 1, 10);
    x = b.block("pw2", x, 20, 8, 1, 1, 1);
    return head(b, x, 8);
  }

  /** Branches of different widths joined, as Inception and DenseNet do. */
  public static Graph concatBranches() {
    GraphBuilder b = new GraphBuilder(5);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 6, 3, 1, 1);
    String left = b.block("left", x, 6, 4, 1, 1, 1);
    String right = b.block("right", x, 6, 8, 3, 1, 1);
    String joined = b.node("Concat", "join", Map.of("axis", integer(1)), x, left, right);
    String y = b.block("after", b.batchNorm("join.bn", joined, 18), 18, 9, 3, 1, 1);
    return head(b, y, 9);
  }

  /** A grouped convolution between two 1×1 convolutions. */
  public static Graph resNeXt(int groups, int perGroup) {
    GraphBuilder b = new GraphBuilder(6);
    int width = groups * perGroup;
    String x = b.block("in", b.input("image", -1, 3, 6, 6), 3, width, 1, 1, 1);
    x = b.block("grouped", x, width, width, 3, 1, groups);
    x = b.block("out", x, width, 7, 1, 1, 1);
    return head(b, x, 7);
  }

  /** Channels split in two halves, one transformed, joined and shuffled, as ShuffleNetV2 does. */
  public static Graph shuffleSplit() {
    GraphBuilder b = new GraphBuilder(7);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 12, 3, 1, 1);
    List<String> halves =
        b.nodes("Split", "split", Map.of("axis", integer(1)), 2, x, b.longs("sizes", 6, 6));
    String right = b.block("right", halves.get(1), 6, 6, 3, 1, 1);
    String joined = b.node("Concat", "join", Map.of("axis", integer(1)), halves.get(0), right);
    String grouped = b.node("Reshape", "group", joined, b.longs("g", 0, 2, 6, 6, 6));
    String swapped = b.node("Transpose", "swap", Map.of("perm", ints(0, 2, 1, 3, 4)), grouped);
    String shuffled = b.node("Reshape", "ungroup", swapped, b.longs("u", 0, 12, 6, 6));
    return head(b, b.block("after", shuffled, 12, 8, 1, 1, 1), 8);
  }

  /** A gate per channel, computed from the mean; weights in Constant nodes. */
  public static Graph squeezeExcite() {
    GraphBuilder b = new GraphBuilder(8);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 10, 3, 1, 1);
    String mean =
        b.node("ReduceMean", "mean", Map.of("axes", ints(2, 3), "keepdims", integer(1)), x);
    String squeezed = b.relu("squeeze.relu", b.conv("squeeze", mean, 10, 6, 1, 1));
    float[] values = new float[10 * 6];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    String weight =
        b.node(
            "Constant",
            "excite.weight",
            Map.of(
                "value", new Attribute.OfTensor(Tensor.ofFloats(Shape.of(10, 6, 1, 1), values))));
    String excited = b.node("Conv", "excite", squeezed, weight);
    String gate = b.node("HardSigmoid", "gate", excited);
    return head(b, b.node("Mul", "scaled", x, gate), 10);
  }

  /** One weight applied twice: all its channels meet. */
  public static Graph sharedWeight() {
    GraphBuilder b = new GraphBuilder(9);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 8, 3, 1, 1);
    String once = b.relu("once.relu", b.conv("shared", x, 8, 8, 3, 1));
    String twice = b.node("Conv", "again", Map.of("pads", ints(1, 1, 1, 1)), once, "shared.weight");
    return head(b, twice, 8);
  }

  /** {@code x.view(x.size(0), -1)} and {@code x.view(-1, channels)} as exporters write them. */
  public static Graph viewFlatten() {
    GraphBuilder b = new GraphBuilder(10);
    String x = b.block("stem", b.input("image", -1, 3, 4, 4), 3, 8, 3, 2, 1);
    String shape = b.node("Shape", "shape", x);
    String zero = b.constant("zero", Tensor.ofLongs(Shape.of(), 0));
    String batch = b.node("Gather", "batch", Map.of("axis", integer(0)), shape, zero);
    String batches = b.node("Unsqueeze", "batches", batch, b.longs("front", 0));
    String target =
        b.node("Concat", "target", Map.of("axis", integer(0)), batches, b.longs("rest", -1));
    String flat = b.node("Reshape", "view", x, target);
    String hidden = b.relu("hidden", b.linear("fc1", flat, 8 * 4, 12));
    String again = b.node("Reshape", "again", hidden, b.longs("again.shape", -1, 12));
    return b.output(b.linear("fc2", again, 12, 5), -1, 5).build();
  }

  /** Self-attention over 6 tokens with 3 heads of 4, a fused projection, and a wide MLP. */
  public static Graph attention() {
    GraphBuilder b = new GraphBuilder(11);
    String x = b.input("tokens", -1, 6, 12);
    String qkv = b.node("MatMul", "qkv", x, b.weight("qkv.weight", 12, 36));
    String biased = b.node("Add", "qkv.add", qkv, b.weight("qkv.bias", 36));
    String split = b.node("Reshape", "heads", biased, b.longs("heads.shape", 0, 6, 3, 3, 4));
    String byPart = b.node("Transpose", "parts", Map.of("perm", ints(2, 0, 3, 1, 4)), split);
    String[] part = new String[3];
    for (int i = 0; i < 3; i++) {
      String index = b.constant("index" + i, Tensor.ofLongs(Shape.of(), i));
      part[i] = b.node("Gather", "part" + i, Map.of("axis", integer(0)), byPart, index);
    }
    String keys = b.node("Transpose", "keys", Map.of("perm", ints(0, 1, 3, 2)), part[1]);
    String scores = b.node("MatMul", "scores", part[0], keys);
    String weights = b.node("Softmax", "softmax", Map.of("axis", integer(-1)), scores);
    String mixed = b.node("MatMul", "mixed", weights, part[2]);
    String back = b.node("Transpose", "back", Map.of("perm", ints(0, 2, 1, 3)), mixed);
    String joined = b.node("Reshape", "joined", back, b.longs("joined.shape", 0, 6, 12));
    String projected = b.node("MatMul", "proj", joined, b.weight("proj.weight", 12, 12));
    String stream = b.node("Add", "stream", x, projected);
    String wide = b.node("MatMul", "up", stream, b.weight("up.weight", 12, 20));
    String active = b.node("Mul", "gate", wide, b.node("Sigmoid", "sigmoid", wide));
    String narrow = b.node("MatMul", "down", active, b.weight("down.weight", 20, 12));
    return b.output(b.node("Add", "out", stream, narrow), -1, 6, 12).build();
  }

  /** Upsampling by a transposed convolution and by interpolation, with a skip connection. */
  public static Graph decoder() {
    GraphBuilder b = new GraphBuilder(12);
    String x = b.block("stem", b.input("image", -1, 3, 8, 8), 3, 6, 3, 1, 1);
    String low = b.block("low", x, 6, 10, 3, 2, 1);
    b.weight("up.weight", 10, 6, 2, 2);
    b.weight("up.bias", 6);
    String up =
        b.node("ConvTranspose", "up", Map.of("strides", ints(2, 2)), low, "up.weight", "up.bias");
    String sum = b.node("Add", "skip", x, up);
    b.constant("scales", Tensor.ofFloats(Shape.of(4), 1, 1, 2, 2));
    String big =
        b.node(
            "Resize",
            "resize",
            Map.of("mode", new Attribute.OfString("nearest")),
            sum,
            "",
            "scales");
    String out = b.conv("last", b.block("mid", big, 6, 7, 3, 1, 1), 7, 2, 1, 1);
    return b.output(out, -1, 2, 16, 16).build();
  }

  /** Slice, Split, Pad, Squeeze and Unsqueeze with their amounts in attributes, as in opset 9. */
  public static Graph oldOpset() {
    GraphBuilder b = new GraphBuilder(13).opset(9);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 12, 3, 1, 1);
    List<String> parts =
        b.nodes("Split", "split", Map.of("axis", integer(1), "split", ints(8, 4)), 2, x);
    Map<String, Attribute> range =
        Map.of("axes", ints(1), "starts", ints(2), "ends", ints(Integer.MAX_VALUE));
    String sliced = b.node("Slice", "slice", range, parts.get(0));
    Map<String, Attribute> pads = Map.of("pads", ints(0, 1, 0, 0, 0, -3, 0, 0));
    String padded = b.node("Pad", "pad", pads, sliced);
    String sum = b.node("Add", "sum", padded, parts.get(1));
    String pooled = b.node("GlobalAveragePool", "mean", sum);
    String flat = b.node("Squeeze", "squeeze", Map.of("axes", ints(2, 3)), pooled);
    String image = b.node("Unsqueeze", "unsqueeze", Map.of("axes", ints(2, 3)), flat);
    return head(b, b.block("after", image, 4, 6, 1, 1, 1), 6);
  }

  /** Channels selected, reordered, repeated, cropped and broadcast. */
  public static Graph channelMoves() {
    GraphBuilder b = new GraphBuilder(14);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 10, 3, 1, 1);
    String picked =
        b.node(
            "Gather", "pick", Map.of("axis", integer(1)), x, b.longs("order", 9, 7, -5, 3, 1, 1));
    String sliced =
        b.node("Slice", "slice", x, b.longs("starts", 2), b.longs("ends", -2), b.longs("axes", 1));
    String sum = b.node("Add", "sum", picked, sliced);
    String cropped = b.node("Pad", "crop", sum, b.longs("pads", 0, -1, 0, 0, 0, -2, 0, 0));
    String mean = b.node("GlobalAveragePool", "mean", b.block("narrow", x, 10, 3, 1, 1, 1));
    String wide = b.node("Expand", "expand", mean, b.longs("target", 1, 3, 6, 6));
    String joined = b.node("Concat", "join", Map.of("axis", integer(1)), cropped, wide);
    return head(b, b.block("after", joined, 6, 5, 3, 1, 1), 5);
  }

  /** A channel padding whose amount the model computes from the channel extent itself. */
  public static Graph computedPad() {
    GraphBuilder b = new GraphBuilder(15);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 8, 3, 1, 1);
    String channels = b.node("Gather", "channels", b.node("Shape", "shape", x), b.longs("one", 1));
    String half = b.node("Div", "half", channels, b.longs("two", 2));
    String pads =
        b.node(
            "Concat",
            "pads",
            Map.of("axis", integer(0)),
            b.longs("batch", 0),
            half,
            b.longs("middle", 0, 0, 0),
            half,
            b.longs("end", 0, 0));
    String padded = b.node("Pad", "pad", x, pads);
    String other = b.block("other", x, 8, 16, 3, 1, 1);
    return head(b, b.node("Add", "sum", padded, other), 16);
  }

  /** Channels as the last axis when the image is flattened, as exports from TensorFlow do. */
  public static Graph channelsLast() {
    GraphBuilder b = new GraphBuilder(16);
    String x = b.block("stem", b.input("image", -1, 3, 4, 4), 3, 6, 3, 2, 1);
    String last = b.node("Transpose", "nhwc", Map.of("perm", ints(0, 2, 3, 1)), x);
    String flat = b.node("Reshape", "flat", last, b.longs("shape", -1, 24));
    return b.output(b.linear("fc", flat, 24, 5), -1, 5).build();
  }

  /** Weights that the model computes from constants: transposed, reshaped, scaled. */
  public static Graph derivedWeights() {
    GraphBuilder b = new GraphBuilder(17);
    String x = b.input("x", -1, 5);
    String first =
        b.node("Transpose", "first.t", Map.of("perm", ints(1, 0)), b.weight("first.weight", 8, 5));
    String hidden = b.relu("relu", b.node("MatMul", "first", x, first));
    String flat = b.node("Unsqueeze", "bias.u", b.weight("bias", 8), b.longs("axis", 0));
    String shifted = b.node("Add", "shift", hidden, flat);
    String scaled =
        b.node(
            "Mul",
            "second.scaled",
            b.weight("second.weight", 6, 8),
            b.weight("second.scale", 6, 1));
    String second = b.node("Transpose", "second.t", Map.of("perm", ints(1, 0)), scaled);
    String next = b.relu("relu2", b.node("MatMul", "second", shifted, second));
    return b.output(b.linear("fc", next, 6, 4), -1, 4).build();
  }

  /** Group normalisation as exporters write it: an instance normalisation of regrouped channels. */
  private static Graph groupNorm(int groups) {
    GraphBuilder b = new GraphBuilder(18);
    String x = b.conv("stem", b.input("image", -1, 3, 4, 4), 3, 12, 3, 1);
    String grouped = b.node("Reshape", "group", x, b.longs("g", 0, groups, -1));
    String unit =
        b.node(
            "InstanceNormalization",
            "norm",
            grouped,
            b.weight("ones", groups),
            b.weight("zeros", groups));
    String image = b.node("Reshape", "ungroup", unit, b.longs("u", 0, 12, 4, 4));
    String scaled = b.node("Mul", "scale", image, b.weight("norm.weight", 12, 1, 1));
    String shifted = b.node("Add", "shift", scaled, b.weight("norm.bias", 12, 1, 1));
    return head(b, b.block("after", b.relu("relu", shifted), 12, 8, 1, 1, 1), 8);
  }

  /** A gate from mean and maximum over the channels (CBAM, Woo et al., ECCV 2018). */
  private static Graph spatialAttention() {
    GraphBuilder b = new GraphBuilder(19);
    String x = b.conv("stem", b.input("image", -1, 3, 6, 6), 3, 10, 3, 1);
    Map<String, Attribute> channels = Map.of("axes", ints(1), "keepdims", integer(1));
    String mean = b.node("ReduceMean", "mean", channels, x);
    String max = b.node("ReduceMax", "max", channels, x);
    String min = b.node("ReduceMin", "min", channels, x);
    String norm = b.node("ReduceL2", "norm", channels, x);
    String maps = b.node("Concat", "maps", Map.of("axis", integer(1)), mean, max, min, norm);
    String gate = b.node("Sigmoid", "gate", b.conv("attend", maps, 4, 1, 3, 1));
    return head(b, b.node("Mul", "gated", x, gate), 10);
  }

  /**
   * A decoder for images of any size, as exporters write it: the extents of the skip connection are
   * the target of the interpolation, and a crop and a padding are computed from them.
   */
  private static Graph openImage() {
    GraphBuilder b = new GraphBuilder(20);
    String image = b.input("image", -1, 3, -1, -1);
    String skip = b.block("stem", image, 3, 6, 3, 1, 1);
    String low = b.block("low", skip, 6, 10, 3, 2, 1);
    String channels = extents(b, "low.shape", low, 0, 2);
    String size = extents(b, "skip.shape", skip, 2, 4);
    String sizes = b.node("Concat", "sizes", Map.of("axis", integer(0)), channels, size);
    String big =
        b.node(
            "Resize",
            "resize",
            Map.of(
                "mode",
                new Attribute.OfString("nearest"),
                "coordinate_transformation_mode",
                new Attribute.OfString("asymmetric")),
            low,
            "",
            "",
            sizes);
    String joined = b.node("Concat", "join", Map.of("axis", integer(1)), skip, big);
    String all = b.longs("crop.start", 2, 0, 0);
    String ends = b.node("Concat", "crop.end", Map.of("axis", integer(0)), b.longs("to", -2), size);
    String cropped = b.node("Slice", "crop", joined, all, ends, b.longs("crop.axes", 1, 2, 3));
    String zeros = b.node("ConstantOfShape", "zeros", b.node("Shape", "crop.shape", cropped));
    String ones = b.node("Add", "ones", zeros, b.weight("border", 12, 1, 1));
    String plane = b.node("Concat", "plane", Map.of("axis", integer(0)), channels, size);
    String spread = b.node("Expand", "spread", b.weight("tint", 1, 10, 1, 1), plane);
    String tinted = b.node("Concat", "tinted", Map.of("axis", integer(1)), ones, cropped, spread);
    return head(b, b.block("mid", tinted, 34, 7, 3, 1, 1), 7);
  }

  /** Every second channel from either end, and every second pixel, in one node each. */
  private static Graph everySecond() {
    GraphBuilder b = new GraphBuilder(34);
    String x = b.block("stem", b.input("image", -1, 3, 8, 8), 3, 12, 3, 1, 1);
    String even =
        b.node(
            "Slice",
            "even",
            x,
            b.longs("even.from", 0, 0),
            b.longs("even.to", Integer.MAX_VALUE, Integer.MAX_VALUE),
            b.longs("even.axes", 1, 2),
            b.longs("even.steps", 2, 2));
    String odd =
        b.node(
            "Slice",
            "odd",
            x,
            b.longs("odd.from", -1, 0),
            b.longs("odd.to", -13, 8),
            b.longs("odd.axes", 1, 2),
            b.longs("odd.steps", -2, 2));
    String joined = b.node("Concat", "join", Map.of("axis", integer(1)), even, odd);
    return head(b, b.block("after", joined, 12, 8, 3, 1, 1), 8);
  }

  /** A scale that the model computes from its width: cut, it must stay what it was. */
  private static Graph scaledByWidth() {
    GraphBuilder b = new GraphBuilder(35);
    String x = b.block("stem", b.input("image", -1, 3, 6, 6), 3, 12, 3, 1, 1);
    String width = b.node("Gather", "width", b.node("Shape", "shape", x), b.longs("axis", 1));
    String size = b.node("Div", "size", width, b.longs("heads", 3));
    Map<String, Attribute> real = Map.of("to", integer(DataType.FLOAT.onnxCode()));
    String cast = b.node("Cast", "real", real, size);
    String scale = b.node("Pow", "scale", cast, b.scalar("root", -0.5));
    String scaled = b.node("Mul", "scaled", x, scale);
    String root = b.node("Sqrt", "sqrt", cast);
    return head(b, b.node("Div", "divided", b.block("next", scaled, 12, 8, 3, 1, 1), root), 8);
  }

  private static String extents(GraphBuilder b, String name, String x, int from, int to) {
    return b.node(
        "Slice",
        name + ".slice",
        b.node("Shape", name, x),
        b.longs(name + ".from", from),
        b.longs(name + ".to", to));
  }

  /** Windows of an image of any size (Liu et al., Swin Transformer, ICCV 2021). */
  private static Graph openWindows() {
    GraphBuilder b = new GraphBuilder(24);
    String x = b.conv("stem", b.input("image", -1, 3, -1, -1), 3, 8, 3, 1);
    String last = b.node("Transpose", "nhwc", Map.of("perm", ints(0, 2, 3, 1)), x);
    String shape = b.node("Shape", "shape", last);
    String[] extent = new String[4];
    for (int i = 0; i < 4; i++) {
      extent[i] = b.node("Gather", "extent" + i, shape, b.longs("extent" + i + ".index", i));
    }
    String window = b.longs("window", 2);
    String rows = b.node("Div", "rows", extent[1], window);
    String columns = b.node("Div", "columns", extent[2], window);
    Map<String, Attribute> front = Map.of("axis", integer(0));
    String split =
        b.node("Concat", "split", front, extent[0], rows, window, columns, window, extent[3]);
    String windows =
        b.node(
            "Transpose",
            "windows",
            Map.of("perm", ints(0, 1, 3, 2, 4, 5)),
            b.node("Reshape", "partition", last, split));
    String each = b.node("Reshape", "each", windows, b.longs("each.shape", -1, 4, 8));
    String mixed = Transformers.linear(b, "mlp", each, 8, 6);
    String normed =
        b.node("LayerNormalization", "norm", mixed, b.weight("ln.weight", 6), b.weight("ln.b", 6));
    return b.output(Transformers.linear(b, "fc", normed, 6, 5), -1, 4, 5).build();
  }

  /** The operator of its own, whose scale belongs to groups or to channels. */
  private static Graph groupNormalization(int opset, int groups) {
    GraphBuilder b = new GraphBuilder(25).opset(opset);
    String x = b.conv("stem", b.input("image", -1, 3, 4, 4), 3, 12, 3, 1);
    int scales = opset < 21 ? groups : 12;
    String unit =
        b.node(
            "GroupNormalization",
            "norm",
            Map.of("num_groups", integer(groups)),
            x,
            b.weight("norm.weight", scales),
            b.weight("norm.bias", scales));
    return head(b, b.block("after", b.relu("relu", unit), 12, 8, 1, 1, 1), 8);
  }

  /** Upsampling by DepthToSpace in both modes, downsampling by SpaceToDepth, a repeated tile. */
  private static Graph pixelShuffle() {
    GraphBuilder b = new GraphBuilder(26);
    String x = b.block("stem", b.input("image", -1, 3, 4, 4), 3, 12, 3, 1, 1);
    Map<String, Attribute> rows = Map.of("blocksize", integer(2));
    Map<String, Attribute> columns =
        Map.of("blocksize", integer(2), "mode", new Attribute.OfString("CRD"));
    String up = b.node("DepthToSpace", "up", rows, x);
    String wide = b.node("DepthToSpace", "wide", columns, b.block("mid", x, 12, 20, 1, 1, 1));
    String joined = b.node("Concat", "join", Map.of("axis", integer(1)), up, wide);
    String down = b.node("SpaceToDepth", "down", rows, joined);
    String small = b.block("small", down, 32, 5, 1, 1, 1);
    String tiled = b.node("Tile", "tile", small, b.longs("repeats", 1, 2, 1, 1));
    return head(b, b.block("after", tiled, 10, 6, 3, 1, 1), 6);
  }

  /** Features over steps, both directions, the last states joined. */
  private static Graph recurrent(String opType, int gates) {
    GraphBuilder b = new GraphBuilder(27);
    String image = b.block("stem", b.input("image", -1, 3, 4, 4), 3, 6, 3, 1, 1);
    String flat = b.node("Reshape", "flat", image, b.longs("flat.shape", 0, 6, 16));
    String steps = b.node("Transpose", "steps", Map.of("perm", ints(2, 0, 1)), flat);
    String y = layer(b, "first", opType, gates, steps, 6, 5);
    String turned = b.node("Transpose", "turn", Map.of("perm", ints(0, 2, 1, 3)), y);
    String joined = b.node("Reshape", "joined", turned, b.longs("joined.shape", 0, -1, 10));
    String z = layer(b, "second", opType, gates, joined, 10, 7);
    String sum =
        b.node("ReduceMean", "mean", Map.of("axes", ints(0, 1), "keepdims", integer(0)), z);
    return b.output(b.linear("fc", sum, 7, 4), -1, 4).build();
  }

  private static String layer(
      GraphBuilder b, String name, String opType, int gates, String x, int in, int hidden) {
    return b.node(
        opType,
        name,
        Map.of(
            "hidden_size", integer(hidden), "direction", new Attribute.OfString("bidirectional")),
        x,
        b.weight(name + ".W", 2, gates * hidden, in),
        b.weight(name + ".R", 2, gates * hidden, hidden),
        b.weight(name + ".B", 2, 2 * gates * hidden));
  }
}
