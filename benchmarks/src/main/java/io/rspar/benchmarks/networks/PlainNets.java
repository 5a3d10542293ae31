package io.rspar.benchmarks.networks;

import io.rspar.benchmarks.networks.Layers.Activation;
import io.rspar.benchmarks.networks.Layers.Image;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;

/** Chains, concatenations and branches without residual streams. */
final class PlainNets {
  private PlainNets() {}

  /** VGG-11 with batch normalisation (Simonyan and Zisserman, ICLR 2015), flattened at 7×7. */
  static Graph vgg11Bn(long seed) {
    Layers l = new Layers(seed);
    GraphBuilder b = l.builder();
    Image x = l.image(3, 224);
    int[][] stages = {{64}, {128}, {256, 256}, {512, 512}, {512, 512}};
    for (int stage = 0; stage < stages.length; stage++) {
      for (int i = 0; i < stages[stage].length; i++) {
        String name = "features" + stage + "." + i;
        x = l.conv(name + ".conv", x, stages[stage][i], 3, 1, 1, true);
        x = l.activate(name, l.batchNorm(name + ".bn", x), Activation.RELU);
      }
      x = l.maxPool("pool" + stage, x, 2, 2, 0, false);
    }
    String flat = b.node("Flatten", "flatten", x.value());
    String y = b.relu("relu1", b.linear("classifier.0", flat, 512 * 7 * 7, 4096));
    y = b.relu("relu2", b.linear("classifier.3", y, 4096, 4096));
    l.output(b.linear("classifier.6", y, 4096, 1000), 1000);
    return b.build("vgg11_bn");
  }

  /** DenseNet-121 (Huang et al., CVPR 2017): growth 32, bottlenecks of 128. */
  static Graph denseNet121(long seed) {
    Layers l = new Layers(seed);
    Image x = l.convBn("stem", l.image(3, 224), 64, 7, 2, 1, Activation.RELU);
    x = l.maxPool("stem.pool", x, 3, 2, 1, false);
    int[] depths = {6, 12, 24, 16};
    for (int block = 0; block < depths.length; block++) {
      for (int layer = 0; layer < depths[block]; layer++) {
        String name = "block" + (block + 1) + ".layer" + (layer + 1);
        Image y = preActivated(l, name + ".1", x, 128, 1);
        y = preActivated(l, name + ".2", y, 32, 3);
        x = l.concat(name + ".concat", x, y);
      }
      if (block < depths.length - 1) {
        String name = "transition" + (block + 1);
        x = l.averagePool(name + ".pool", preActivated(l, name, x, x.channels() / 2, 1), 2);
      }
    }
    x = l.activate("last", l.batchNorm("last.bn", x), Activation.RELU);
    l.classifier("classifier", x, 1000);
    return l.builder().build("densenet121");
  }

  private static Image preActivated(Layers l, String name, Image x, int out, int kernel) {
    Image y = l.activate(name, l.batchNorm(name + ".bn", x), Activation.RELU);
    return l.conv(name + ".conv", y, out, kernel, 1, 1, false);
  }

  /**
   * GoogLeNet (Szegedy et al., CVPR 2015) as torchvision has it: batch normalisation, 3×3 in the
   * third branch, no auxiliary classifiers.
   */
  static Graph googLeNet(long seed) {
    Layers l = new Layers(seed);
    Image x = l.convBn("conv1", l.image(3, 224), 64, 7, 2, 1, Activation.RELU);
    x = l.maxPool("pool1", x, 3, 2, 0, true);
    x = l.convBn("conv2", x, 64, 1, 1, 1, Activation.RELU);
    x = l.convBn("conv3", x, 192, 3, 1, 1, Activation.RELU);
    x = l.maxPool("pool2", x, 3, 2, 0, true);
    x = inception(l, "3a", x, 64, 96, 128, 16, 32, 32);
    x = inception(l, "3b", x, 128, 128, 192, 32, 96, 64);
    x = l.maxPool("pool3", x, 3, 2, 0, true);
    x = inception(l, "4a", x, 192, 96, 208, 16, 48, 64);
    x = inception(l, "4b", x, 160, 112, 224, 24, 64, 64);
    x = inception(l, "4c", x, 128, 128, 256, 24, 64, 64);
    x = inception(l, "4d", x, 112, 144, 288, 32, 64, 64);
    x = inception(l, "4e", x, 256, 160, 320, 32, 128, 128);
    x = l.maxPool("pool4", x, 2, 2, 0, true);
    x = inception(l, "5a", x, 256, 160, 320, 32, 128, 128);
    x = inception(l, "5b", x, 384, 192, 384, 48, 128, 128);
    l.classifier("fc", x, 1000);
    return l.builder().build("googlenet");
  }

  private static Image inception(
      Layers l, String at, Image x, int c1, int r3, int c3, int r5, int c5, int pool) {
    String name = "inception" + at;
    Image one = l.convBn(name + ".1", x, c1, 1, 1, 1, Activation.RELU);
    Image three = l.convBn(name + ".2.reduce", x, r3, 1, 1, 1, Activation.RELU);
    three = l.convBn(name + ".2", three, c3, 3, 1, 1, Activation.RELU);
    Image five = l.convBn(name + ".3.reduce", x, r5, 1, 1, 1, Activation.RELU);
    five = l.convBn(name + ".3", five, c5, 3, 1, 1, Activation.RELU);
    Image pooled = l.maxPool(name + ".pool", x, 3, 1, 1, true);
    pooled = l.convBn(name + ".4", pooled, pool, 1, 1, 1, Activation.RELU);
    return l.concat(name + ".concat", one, three, five, pooled);
  }

  /** U-Net (Ronneberger, Fischer, Brox, MICCAI 2015), padded, one channel in and out. */
  static Graph uNet(long seed) {
    Layers l = new Layers(seed);
    GraphBuilder b = l.builder();
    Image x = l.image(1, 128);
    Image[] skips = new Image[4];
    for (int level = 0; level < 4; level++) {
      skips[level] = twice(l, "down" + level, x, 64 << level);
      x = l.maxPool("pool" + level, skips[level], 2, 2, 0, false);
    }
    x = twice(l, "bottom", x, 1024);
    for (int level = 3; level >= 0; level--) {
      int width = 64 << level;
      String name = "up" + level;
      String up =
          b.node(
              "ConvTranspose",
              name,
              java.util.Map.of("strides", GraphBuilder.ints(2, 2)),
              x.value(),
              b.weight(name + ".weight", x.channels(), width, 2, 2),
              b.weight(name + ".bias", width));
      Image joined = l.concat(name + ".concat", skips[level], new Image(up, width));
      x = twice(l, name + ".conv", joined, width);
    }
    x = l.conv("out", x, 1, 1, 1, 1, true);
    b.output(x.value(), -1, 1, 128, 128);
    return b.build("unet");
  }

  private static Image twice(Layers l, String name, Image x, int out) {
    Image y = x;
    for (int i = 1; i <= 2; i++) {
      y = l.activate(name + i, l.conv(name + i, y, out, 3, 1, 1, true), Activation.RELU);
    }
    return y;
  }
}
