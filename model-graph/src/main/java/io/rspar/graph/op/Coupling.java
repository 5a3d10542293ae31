package io.rspar.graph.op;

import java.util.List;

/**
 * What an operator says about the axes of one node. An open axis repeats itself: its indices are
 * told apart up to its period (see {@code Shapes.periods}), and it can only be unified, as a whole,
 * with an open axis of the same period. One of which an operator says nothing is frozen.
 */
public interface Coupling {
  /** The node; open axes have the extent {@link io.rspar.graph.Shape#UNKNOWN}. */
  NodeFacts facts();

  /** The node for each of the concrete extents that the open axes were tried with. */
  List<NodeFacts> witnesses();

  /** An axis of an input; a negative axis counts from the last. */
  Axis in(int input, int axis);

  /** An axis of an output; a negative axis counts from the last. */
  Axis out(int output, int axis);

  /**
   * An axis that no value has: a factor that several axes have in common.
   *
   * @param extents its extent for each of the witnesses
   */
  Axis part(long[] extents);

  /** Index i of one axis and index i of the other are kept or removed together. */
  void unify(Axis a, Axis b);

  /** As {@link #unify(Axis, Axis)} for {@code length} indices from given starts on; none open. */
  void unify(Axis a, int fromA, Axis b, int fromB, int length);

  /**
   * One axis is the row-major product of others (outermost first). Which of the factors can be cut
   * is decided when all nodes have been seen: the outermost one that nothing freezes; the others
   * become frozen, so that a cut removes whole runs of the product. The outermost may be open.
   */
  void factor(Axis product, List<Axis> factors);

  /** No index of the axis may be removed. */
  void freeze(Axis axis, String reason);

  /** No axis of any input or output may be cut. */
  void freezeAll(String reason);

  /**
   * The node goes on reading this description as the model computes it, so that no extent from
   * which it is computed may change.
   */
  void keepsDescription(int input);

  /**
   * The node goes on reading some elements of this description as the model computes them; the
   * others are replaced.
   */
  void keepsElements(int input, boolean[] kept);

  /** Declares what the axis of a weight is to the channels on it. */
  void role(Axis axis, Role role);
}
