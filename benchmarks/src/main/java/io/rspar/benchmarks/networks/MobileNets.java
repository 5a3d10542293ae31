package io.rspar.benchmarks.networks;

import static io.rspar.graph.build.GraphBuilder.integer;

import io.rspar.benchmarks.networks.Layers.Activation;
import io.rspar.benchmarks.networks.Layers.Image;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import java.util.List;
import java.util.Map;

/** Networks of depthwise convolutions. */
final class MobileNets {
  private MobileNets() {}

  /**
   * An inverted residual: expansion, depthwise convolution, squeeze-and-excitation, projection.
   *
   * @param squeeze inner width of the squeeze-and-excitation; 0 = none
   */
  private static Image inverted(
      Layers l,
      String name,
      Image x,
      int expanded,
      int out,
      int kernel,
      int stride,
      Activation activation,
      int squeeze,
      Activation gate) {
    Image y = x;
    if (expanded != x.channels()) {
      y = l.convBn(name + ".expand", y, expanded, 1, 1, 1, activation);
    }
    y = l.convBn(name + ".depthwise", y, expanded, kernel, stride, expanded, activation);
    if (squeeze > 0) {
      Activation inner = gate == Activation.SIGMOID ? Activation.SILU : Activation.RELU;
      y = l.squeezeExcite(name + ".se", y, squeeze, inner, gate);
    }
    y = l.convBn(name + ".project", y, out, 1, 1, 1, Activation.NONE);
    return stride == 1 && x.channels() == out ? l.add(name + ".add", x, y) : y;
  }

  /** MobileNetV2 (Sandler et al., CVPR 2018). */
  static Graph v2(long seed) {
    Layers l = new Layers(seed);
    Image x = l.convBn("stem", l.image(3, 224), 32, 3, 2, 1, Activation.RELU6);
    // Expansion, channels, blocks, stride: table 2.
    int[][] stages = {
      {1, 16, 1, 1},
      {6, 24, 2, 2},
      {6, 32, 3, 2},
      {6, 64, 4, 2},
      {6, 96, 3, 1},
      {6, 160, 3, 2},
      {6, 320, 1, 1}
    };
    int number = 0;
    for (int[] stage : stages) {
      for (int i = 0; i < stage[2]; i++) {
        x =
            inverted(
                l,
                "block" + ++number,
                x,
                x.channels() * stage[0],
                stage[1],
                3,
                i == 0 ? stage[3] : 1,
                Activation.RELU6,
                0,
                Activation.NONE);
      }
    }
    x = l.convBn("last", x, 1280, 1, 1, 1, Activation.RELU6);
    l.classifier("classifier", x, 1000);
    return l.builder().build("mobilenet_v2");
  }

  /** MobileNetV3-Large (Howard et al., ICCV 2019). */
  static Graph v3Large(long seed) {
    Layers l = new Layers(seed);
    GraphBuilder b = l.builder();
    Image x = l.convBn("stem", l.image(3, 224), 16, 3, 2, 1, Activation.HARD_SWISH);
    // Kernel, expanded, channels, squeeze-and-excitation, hard swish, stride: table 1.
    int[][] blocks = {
      {3, 16, 16, 0, 0, 1},
      {3, 64, 24, 0, 0, 2},
      {3, 72, 24, 0, 0, 1},
      {5, 72, 40, 24, 0, 2},
      {5, 120, 40, 32, 0, 1},
      {5, 120, 40, 32, 0, 1},
      {3, 240, 80, 0, 1, 2},
      {3, 200, 80, 0, 1, 1},
      {3, 184, 80, 0, 1, 1},
      {3, 184, 80, 0, 1, 1},
      {3, 480, 112, 120, 1, 1},
      {3, 672, 112, 168, 1, 1},
      {5, 672, 160, 168, 1, 2},
      {5, 960, 160, 240, 1, 1},
      {5, 960, 160, 240, 1, 1}
    };
    for (int i = 0; i < blocks.length; i++) {
      int[] block = blocks[i];
      x =
          inverted(
              l,
              "block" + (i + 1),
              x,
              block[1],
              block[2],
              block[0],
              block[5],
              block[4] == 1 ? Activation.HARD_SWISH : Activation.RELU,
              block[3],
              Activation.HARD_SIGMOID);
    }
    x = l.convBn("last", x, 960, 1, 1, 1, Activation.HARD_SWISH);
    String hidden = b.linear("classifier.0", l.pooled(x), 960, 1280);
    hidden = l.activate("classifier.1", hidden, Activation.HARD_SWISH);
    l.output(b.linear("classifier.3", hidden, 1280, 1000), 1000);
    return b.build("mobilenet_v3_large");
  }

  /** EfficientNet-B0 (Tan and Le, ICML 2019). */
  static Graph efficientNetB0(long seed) {
    Layers l = new Layers(seed);
    Image x = l.convBn("stem", l.image(3, 224), 32, 3, 2, 1, Activation.SILU);
    // Expansion, kernel, stride, channels, blocks: table 1.
    int[][] stages = {
      {1, 3, 1, 16, 1},
      {6, 3, 2, 24, 2},
      {6, 5, 2, 40, 2},
      {6, 3, 2, 80, 3},
      {6, 5, 1, 112, 3},
      {6, 5, 2, 192, 4},
      {6, 3, 1, 320, 1}
    };
    int number = 0;
    for (int[] stage : stages) {
      for (int i = 0; i < stage[4]; i++) {
        x =
            inverted(
                l,
                "block" + ++number,
                x,
                x.channels() * stage[0],
                stage[3],
                stage[1],
                i == 0 ? stage[2] : 1,
                Activation.SILU,
                x.channels() / 4,
                Activation.SIGMOID);
      }
    }
    x = l.convBn("last", x, 1280, 1, 1, 1, Activation.SILU);
    l.classifier("classifier", x, 1000);
    return l.builder().build("efficientnet_b0");
  }

  /** ShuffleNetV2 ×1.0 (Ma et al., ECCV 2018). */
  static Graph shuffleNetV2(long seed) {
    Layers l = new Layers(seed);
    Image x = l.convBn("stem", l.image(3, 224), 24, 3, 2, 1, Activation.RELU);
    x = l.maxPool("stem.pool", x, 3, 2, 1, false);
    int[] repeats = {4, 8, 4};
    int size = 28;
    for (int stage = 0; stage < repeats.length; stage++) {
      int half = 58 << stage;
      for (int block = 0; block < repeats[stage]; block++) {
        String name = "stage" + (stage + 2) + "." + block;
        Image left;
        Image right;
        if (block == 0) {
          left = l.convBn(name + ".left.dw", x, x.channels(), 3, 2, x.channels(), Activation.NONE);
          left = l.convBn(name + ".left", left, half, 1, 1, 1, Activation.RELU);
          right = x;
        } else {
          List<String> parts =
              l.builder()
                  .nodes(
                      "Split",
                      name + ".chunk",
                      Map.of("axis", integer(1)),
                      2,
                      x.value(),
                      l.builder().longs(name + ".sizes", half, half));
          left = new Image(parts.get(0), half);
          right = new Image(parts.get(1), half);
        }
        right = l.convBn(name + ".right.1", right, half, 1, 1, 1, Activation.RELU);
        right =
            l.convBn(name + ".right.dw", right, half, 3, block == 0 ? 2 : 1, half, Activation.NONE);
        right = l.convBn(name + ".right.2", right, half, 1, 1, 1, Activation.RELU);
        x = shuffled(l, name, l.concat(name + ".concat", left, right), size);
      }
      size /= 2;
    }
    x = l.convBn("last", x, 1024, 1, 1, 1, Activation.RELU);
    l.classifier("fc", x, 1000);
    return l.builder().build("shufflenet_v2");
  }

  private static Image shuffled(Layers l, String name, Image x, int size) {
    String split = l.reshape(name + ".split", x.value(), -1, 2, x.channels() / 2, size, size);
    String turned = l.transpose(name + ".turn", split, 0, 2, 1, 3, 4);
    String merged = l.reshape(name + ".merge", turned, -1, x.channels(), size, size);
    return new Image(merged, x.channels());
  }

  /** ConvNeXt-Tiny (Liu et al., CVPR 2022): layer normalisation over channels as the last axis. */
  static Graph convNeXtTiny(long seed) {
    Layers l = new Layers(seed);
    GraphBuilder b = l.builder();
    int[] depths = {3, 3, 9, 3};
    Image x = normed(l, "stem.norm", l.conv("stem", l.image(3, 224), 96, 4, 4, 0, 1, true));
    for (int stage = 0; stage < depths.length; stage++) {
      int width = 96 << stage;
      if (stage > 0) {
        String name = "downsample" + stage;
        x = l.conv(name, normed(l, name + ".norm", x), width, 2, 2, 0, 1, true);
      }
      for (int block = 0; block < depths[stage]; block++) {
        String name = "stage" + stage + "." + block;
        String y = l.conv(name + ".depthwise", x, width, 7, 1, width, true).value();
        y = l.transpose(name + ".last", y, 0, 2, 3, 1);
        y = l.layerNorm(name + ".norm", y, width);
        y = l.gelu(name + ".gelu", l.linear(name + ".up", y, width, 4 * width, true));
        y = l.linear(name + ".down", y, 4 * width, width, true);
        y = l.transpose(name + ".first", y, 0, 3, 1, 2);
        y = b.node("Mul", name + ".scale", b.weight(name + ".layerScale", width, 1, 1), y);
        x = l.add(name + ".add", x, new Image(y, width));
      }
    }
    Image pooled = new Image(b.node("GlobalAveragePool", "pool", x.value()), x.channels());
    String flat = b.node("Flatten", "flatten", normed(l, "head.norm", pooled).value());
    l.output(b.linear("head", flat, x.channels(), 1000), 1000);
    return b.build("convnext_tiny");
  }

  private static Image normed(Layers l, String name, Image x) {
    String last = l.transpose(name + ".last", x.value(), 0, 2, 3, 1);
    String unit = l.layerNorm(name, last, x.channels());
    return new Image(l.transpose(name + ".first", unit, 0, 3, 1, 2), x.channels());
  }
}
