package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/**
 * Transposed convolution. Input N × Cin × spatial, weight Cin × Cout/groups × kernel, bias Cout,
 * output N × Cout × spatial. Only the form without groups is cut.
 */
final class ConvTranspose implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    Shape weight = node.input(1);
    long groups = node.node().intAttribute("group", 1);
    if (input.rank() < 3 || weight.rank() != input.rank() || input.dim(1) != weight.dim(0)) {
      throw node.malformed("input " + input + " with weight " + weight);
    }
    int axes = input.rank() - 2;
    long[] kernel = new long[axes];
    for (int i = 0; i < axes; i++) {
      kernel[i] = weight.dim(i + 2);
    }
    Window window = Window.of(node, kernel);
    long[] added = node.node().intsAttribute("output_padding").orElse(new long[axes]);
    long[] wanted = node.node().intsAttribute("output_shape").orElse(null);
    long[] dims = new long[input.rank()];
    dims[0] = input.dim(0);
    dims[1] = weight.dim(1) * groups;
    for (int i = 0; i < axes; i++) {
      long full =
          window.strides()[i] * (input.dim(i + 2) - 1)
              + added[i]
              + (kernel[i] - 1) * window.dilations()[i]
              + 1;
      if (wanted != null) {
        dims[i + 2] = wanted[wanted.length - axes + i];
      } else if (window.autoPad().startsWith("SAME")) {
        // It crops, and never pads, what the kernel reaches.
        dims[i + 2] = Math.min(full, input.dim(i + 2) * window.strides()[i]);
      } else {
        dims[i + 2] = full - window.pads()[i] - window.pads()[i + axes];
      }
    }
    return List.of(ValueFacts.of(node.type(0), Shape.of(dims)));
  }

  @Override
  public long macs(NodeShapes node) {
    Shape weight = node.input(1);
    return Math.multiplyExact(node.input(0).elements(), weight.elements() / weight.dim(0));
  }

  @Override
  public void mask(Masking masking) {
    masking.maskInput(0, 1);
  }

  @Override
  public void couple(Coupling c) {
    if (!c.facts().isConstant(1) || c.facts().node().intAttribute("group", 1) != 1) {
      c.freezeAll("a transposed convolution in groups, or with a computed weight");
      return;
    }
    Spatial.freeze(c);
    c.unify(c.in(0, 1), c.in(1, 0));
    c.unify(c.in(1, 1), c.out(0, 1));
    c.role(c.in(1, 0), Role.CONSUMER);
    c.role(c.in(1, 1), Role.PRODUCER);
    if (c.facts().has(2)) {
      c.unify(c.in(2, 0), c.out(0, 1));
      c.role(c.in(2, 0), Role.PRODUCER);
    }
    for (int axis = 2; axis < c.facts().input(1).rank(); axis++) {
      c.freeze(c.in(1, axis), "kernel axis");
    }
  }
}
