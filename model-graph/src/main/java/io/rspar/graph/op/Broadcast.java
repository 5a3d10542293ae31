package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.List;

/** Multidirectional broadcasting: shapes are aligned at their last axis; extent 1 stretches. */
final class Broadcast {
  private Broadcast() {}

  static Shape shape(NodeFacts node, List<Shape> shapes) {
    int rank = shapes.stream().mapToInt(Shape::rank).max().orElse(0);
    long[] dims = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = 1;
      for (Shape shape : shapes) {
        int own = axis - (rank - shape.rank());
        long extent = own < 0 ? 1 : shape.dim(own);
        if (extent == 1) {
          continue;
        }
        if (dims[axis] != 1 && dims[axis] != extent) {
          throw node.malformed("the shapes " + shapes + " cannot be broadcast together");
        }
        dims[axis] = extent;
      }
    }
    return Shape.of(dims);
  }

  /**
   * Unifies the last {@code count} axes of an input, {@code skip} axes before its end, with those
   * of the output at the same place.
   */
  static void couple(Coupling coupling, int input, int skip) {
    Shape in = coupling.facts().input(input);
    Shape out = coupling.facts().output(0);
    for (int fromEnd = skip + 1; fromEnd <= in.rank() && fromEnd <= out.rank(); fromEnd++) {
      couple(coupling, coupling.in(input, -fromEnd), coupling.out(0, -fromEnd));
    }
  }

  /** Unifies all axes of an input with those of the output that end {@code behind} axes earlier. */
  static void coupleAt(Coupling coupling, int input, int behind) {
    for (int fromEnd = 1; fromEnd <= coupling.facts().input(input).rank(); fromEnd++) {
      couple(coupling, coupling.in(input, -fromEnd), coupling.out(0, -fromEnd - behind));
    }
  }

  private static void couple(Coupling coupling, Axis in, Axis out) {
    if (in.extent() == 1 && out.extent() != 1) {
      coupling.freeze(in, "its only index is stretched");
    } else {
      coupling.unify(in, out);
    }
  }

  /**
   * Declares the axes of constant inputs as per-channel parameters of a node that computes data.
   */
  static void declareParameters(Coupling coupling) {
    if (coupling.facts().outputs().get(0).constant()) {
      return;
    }
    for (int i = 0; i < coupling.facts().inputs().size(); i++) {
      if (coupling.facts().isConstant(i)) {
        for (int axis = 0; axis < coupling.facts().input(i).rank(); axis++) {
          coupling.role(coupling.in(i, axis), Role.PARAMETER);
        }
      }
    }
  }
}
