package io.rspar.benchmarks.networks;

import io.rspar.benchmarks.networks.Layers.Activation;
import io.rspar.benchmarks.networks.Layers.Image;
import io.rspar.graph.Graph;

/** Residual networks: He et al., CVPR 2016; Xie et al., CVPR 2017. */
public final class ResNets {
  private static final int[] DEPTHS = {3, 4, 6, 3};

  private ResNets() {}

  /** ResNet-50 for images of 224×224. */
  public static Graph resNet50(long seed) {
    return bottlenecks(seed, 1, 64);
  }

  /** ResNet-20 for images of 32×32, with convolutions as shortcuts. */
  public static Graph resNet20(long seed) {
    return small(seed, 3);
  }

  /** ResNet-38: twice the blocks of ResNet-20. */
  public static Graph resNet38(long seed) {
    return small(seed, 6);
  }

  private static Graph small(long seed, int blocks) {
    Layers l = new Layers(seed);
    Image x = l.convBn("stem", l.image(3, 32), 16, 3, 1, 1, Activation.RELU);
    for (int stage = 0; stage < 3; stage++) {
      for (int block = 0; block < blocks; block++) {
        String name = "layer" + (stage + 1) + "." + block;
        int stride = stage > 0 && block == 0 ? 2 : 1;
        int width = 16 << stage;
        Image y = l.convBn(name + ".1", x, width, 3, stride, 1, Activation.RELU);
        y = l.convBn(name + ".2", y, width, 3, 1, 1, Activation.NONE);
        Image skip =
            stride == 2 ? l.convBn(name + ".downsample", x, width, 1, 2, 1, Activation.NONE) : x;
        x = l.activate(name, l.add(name + ".add", y, skip), Activation.RELU);
      }
    }
    l.classifier("fc", x, 10);
    return l.builder().build("resnet" + (6 * blocks + 2));
  }

  /** ResNeXt-50, 32 groups of width 4. */
  static Graph resNeXt50(long seed) {
    return bottlenecks(seed, 32, 4);
  }

  private static Graph bottlenecks(long seed, int groups, int base) {
    Layers l = new Layers(seed);
    Image x = l.convBn("stem", l.image(3, 224), 64, 7, 2, 1, Activation.RELU);
    x = l.maxPool("stem.pool", x, 3, 2, 1, false);
    for (int stage = 0; stage < DEPTHS.length; stage++) {
      int inner = (base * groups) << stage;
      int out = 256 << stage;
      for (int block = 0; block < DEPTHS[stage]; block++) {
        String name = "layer" + (stage + 1) + "." + block;
        int stride = stage > 0 && block == 0 ? 2 : 1;
        Image y = l.convBn(name + ".1", x, inner, 1, 1, 1, Activation.RELU);
        y = l.convBn(name + ".2", y, inner, 3, stride, groups, Activation.RELU);
        y = l.convBn(name + ".3", y, out, 1, 1, 1, Activation.NONE);
        Image skip =
            block == 0 ? l.convBn(name + ".downsample", x, out, 1, stride, 1, Activation.NONE) : x;
        x = l.activate(name, l.add(name + ".add", y, skip), Activation.RELU);
      }
    }
    l.classifier("fc", x, 1000);
    return l.builder().build("resnet50");
  }
}
