package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import java.util.List;

/**
 * Convolution over 1 to 3 spatial axes. Input N × Cin × spatial, weight Cout × Cin/groups × kernel,
 * bias Cout, output N × Cout × spatial.
 *
 * <p>With several groups a cut must leave all groups equal. Either whole groups go (always so where
 * each group reads one channel, which makes the convolution depthwise), or the same index goes in
 * every group; whichever leaves more freedom is taken.
 */
final class Conv implements Operator {
  /** ONNX Runtime's FusedConv adds this input, of the output's shape, before its activation. */
  private static final int ADDED = 3;

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    Shape weight = node.input(1);
    long groups = node.node().intAttribute("group", 1);
    if (input.rank() < 3 || weight.rank() != input.rank()) {
      throw node.malformed("input " + input + " with weight " + weight);
    }
    if (groups < 1 || input.dim(1) != weight.dim(1) * groups || weight.dim(0) % groups != 0) {
      throw node.malformed(
          "input " + input + " with weight " + weight + " in " + groups + " groups");
    }
    if (node.has(2) && !node.input(2).equals(Shape.of(weight.dim(0)))) {
      throw node.malformed("bias " + node.input(2) + " for weight " + weight);
    }
    long[] kernel = new long[weight.rank() - 2];
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] = weight.dim(i + 2);
    }
    long[] spatial = Window.of(node, kernel).slide(node, input, false);
    long[] dims = new long[input.rank()];
    dims[0] = input.dim(0);
    dims[1] = weight.dim(0);
    System.arraycopy(spatial, 0, dims, 2, spatial.length);
    Shape output = Shape.of(dims);
    if (node.has(ADDED) && !agree(node.input(ADDED), output)) {
      throw node.malformed("adds " + node.input(ADDED) + " to " + output);
    }
    return List.of(ValueFacts.of(node.type(0), output));
  }

  /** Whether two shapes can be the same; open extents can be anything. */
  private static boolean agree(Shape a, Shape b) {
    if (a.rank() != b.rank()) {
      return false;
    }
    for (int axis = 0; axis < a.rank(); axis++) {
      boolean known = a.dim(axis) != Shape.UNKNOWN && b.dim(axis) != Shape.UNKNOWN;
      if (known && a.dim(axis) != b.dim(axis)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long macs(NodeShapes node) {
    Shape weight = node.input(1);
    return Math.multiplyExact(node.output(0).elements(), weight.elements() / weight.dim(0));
  }

  @Override
  public void couple(Coupling c) {
    if (!c.facts().isConstant(1)) {
      c.freezeAll("the weight is computed at run time");
      return;
    }
    Spatial.freeze(c);
    for (int axis = 2; axis < c.facts().input(1).rank(); axis++) {
      c.freeze(c.in(1, axis), "kernel axis");
    }
    c.unify(c.in(1, 0), c.out(0, 1));
    if (c.facts().has(2)) {
      c.unify(c.in(2, 0), c.out(0, 1));
      c.role(c.in(2, 0), Role.PRODUCER);
    }
    if (c.facts().has(ADDED)) {
      for (int axis = 0; axis < c.facts().output(0).rank(); axis++) {
        c.unify(c.in(ADDED, axis), c.out(0, axis));
      }
    }
    int groups = Math.toIntExact(c.facts().node().intAttribute("group", 1));
    int inputs = Math.toIntExact(c.facts().input(1).dim(1));
    int outputs = Math.toIntExact(c.facts().input(1).dim(0) / groups);
    if (groups == 1) {
      c.unify(c.in(0, 1), c.in(1, 1));
      c.role(c.in(1, 0), Role.PRODUCER);
      c.role(c.in(1, 1), Role.CONSUMER);
    } else if (groups >= Math.max(inputs, outputs)) {
      coupleWholeGroups(c, groups, inputs, outputs);
      c.freeze(c.in(1, 1), "whole groups are cut");
      c.role(c.in(1, 0), inputs == 1 && outputs == 1 ? Role.PARAMETER : Role.PRODUCER);
    } else {
      for (int g = 0; g < groups; g++) {
        c.unify(c.in(0, 1), g * inputs, c.in(1, 1), 0, inputs);
        c.unify(c.out(0, 1), g * outputs, c.out(0, 1), 0, outputs);
      }
      c.role(c.in(1, 0), Role.PRODUCER);
      c.role(c.in(1, 1), Role.CONSUMER);
    }
  }

  private static void coupleWholeGroups(Coupling c, int groups, int inputs, int outputs) {
    for (int g = 0; g < groups; g++) {
      for (int i = 1; i < inputs; i++) {
        c.unify(c.in(0, 1), g * inputs, c.in(0, 1), g * inputs + i, 1);
      }
      for (int o = 0; o < outputs; o++) {
        c.unify(c.in(0, 1), g * inputs, c.out(0, 1), g * outputs + o, 1);
      }
    }
  }

  @Override
  public void mask(Masking masking) {
    masking.maskInput(0, 1);
  }

  @Override
  public void rewrite(Rewrite rewrite) {
    long groups = rewrite.newInput(0).dim(1) / rewrite.newInput(1).dim(1);
    if (groups != rewrite.facts().node().intAttribute("group", 1)) {
      rewrite.attribute("group", new Attribute.OfInt(groups));
    }
  }
}
