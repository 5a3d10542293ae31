package io.rspar.benchmarks.networks;

import io.rspar.benchmarks.networks.Layers.Activation;
import io.rspar.benchmarks.networks.Layers.Image;
import io.rspar.graph.Graph;

/** Residual networks with bottleneck blocks: He et al., CVPR 2016; Xie et al., CVPR 2017. */
final class ResNets {
  private static final int[] DEPTHS = {3, 4, 6, 3};

  private ResNets() {}

  static Graph resNet50(long seed) {
    return bottlenecks(seed, 1, 64);
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
