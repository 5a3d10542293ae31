package io.rspar.graph.op;

/** Coupling of operators that mix positions of the axes from 2 on. */
final class Spatial {
  private Spatial() {}

  /** Examples (axis 0) and channels (axis 1) are carried from input 0 to output 0. */
  static void couple(Coupling c) {
    freeze(c);
    c.unify(c.in(0, 1), c.out(0, 1));
  }

  /** Examples are carried, positions are frozen, channels are left to the caller. */
  static void freeze(Coupling c) {
    c.unify(c.in(0, 0), c.out(0, 0));
    for (int axis = 2; axis < c.facts().input(0).rank(); axis++) {
      c.freeze(c.in(0, axis), "spatial axis");
      c.freeze(c.out(0, axis), "spatial axis");
    }
  }
}
