package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/**
 * DepthToSpace and SpaceToDepth: blocks of positions become channels or the other way round. All
 * channels that one channel becomes, or comes from, are cut together.
 */
final class DepthToSpace implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape in = node.input(0);
    long block = node.node().intAttribute("blocksize", 0);
    boolean toSpace = isToSpace(node);
    if (in.rank() != 4 || block < 1) {
      throw node.malformed("input " + in + " in blocks of " + block);
    }
    boolean divides =
        toSpace
            ? in.dim(1) % (block * block) == 0
            : in.dim(2) % block == 0 && in.dim(3) % block == 0;
    if (!divides) {
      throw node.malformed("input " + in + " in blocks of " + block);
    }
    Shape out =
        toSpace
            ? Shape.of(in.dim(0), in.dim(1) / (block * block), in.dim(2) * block, in.dim(3) * block)
            : Shape.of(in.dim(0), in.dim(1) * block * block, in.dim(2) / block, in.dim(3) / block);
    return List.of(ValueFacts.of(node.type(0), out));
  }

  private static boolean isToSpace(NodeFacts node) {
    return node.node().opType().equals("DepthToSpace");
  }

  @Override
  public void couple(Coupling c) {
    Spatial.freeze(c);
    boolean toSpace = isToSpace(c.facts());
    Axis deep = toSpace ? c.in(0, 1) : c.out(0, 1);
    Axis flat = toSpace ? c.out(0, 1) : c.in(0, 1);
    int channels = (int) flat.extent();
    int block = (int) (deep.extent() / channels);
    boolean channelsFirst = c.facts().node().stringAttribute("mode", "DCR").equals("CRD");
    for (int k = 0; k < block; k++) {
      for (int channel = 0; channel < channels; channel++) {
        c.unify(
            deep, channelsFirst ? channel * block + k : k * channels + channel, flat, channel, 1);
      }
    }
  }
}
