package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/**
 * GridSample and RoiAlign: an image is sampled at computed places (a grid for each example, or
 * regions), every channel at the same ones.
 */
final class Sampling implements Operator {
  private final boolean regions;

  /**
   * A sampling.
   *
   * @param regions whether of rectangles, with a number of samples in attributes
   */
  Sampling(boolean regions) {
    this.regions = regions;
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape image = node.input(0);
    Shape places = node.input(1);
    if (regions) {
      long height = node.node().intAttribute("output_height", 1);
      long width = node.node().intAttribute("output_width", 1);
      Shape samples = Shape.of(places.dim(0), image.dim(1), height, width);
      return List.of(ValueFacts.of(node.type(0), samples));
    }
    if (places.rank() != image.rank() || places.dim(0) != image.dim(0)) {
      throw node.malformed("a grid of " + places + " for " + image);
    }
    Shape samples = image;
    for (int axis = 2; axis < image.rank(); axis++) {
      samples = samples.withDim(axis, places.dim(axis - 1));
    }
    return List.of(ValueFacts.of(node.type(0), samples));
  }

  @Override
  public void couple(Coupling c) {
    c.unify(c.in(0, 1), c.out(0, 1));
    for (int axis = 0; axis < c.facts().input(0).rank(); axis++) {
      if (axis != 1) {
        c.freeze(c.in(0, axis), "it is sampled at computed places");
        c.freeze(c.out(0, axis), "its indices are places");
      }
    }
    for (int i = 1; i < c.facts().inputs().size(); i++) {
      for (int axis = 0; c.facts().has(i) && axis < c.facts().input(i).rank(); axis++) {
        c.freeze(c.in(i, axis), "it names places");
      }
    }
  }

  @Override
  public boolean isParameter(int input) {
    return input == 0;
  }
}
