package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.List;

/** A node on its way into the smaller network. */
public interface Rewrite {
  /** The node before the cut. */
  NodeFacts facts();

  /** As {@link Coupling#witnesses}, before the cut. */
  List<NodeFacts> witnesses();

  /** Shape after the cut. */
  Shape newInput(int input);

  Shape newOutput(int output);

  /** Shape after the cut for each of the witnesses. */
  List<Shape> newOutputs(int output);

  /** Old indices that remain on an axis, ascending. The axis must not be open. */
  int[] keptInput(int input, int axis);

  int[] keptOutput(int output, int axis);

  void attribute(String name, Attribute value);

  void removeAttribute(String name);

  /** Looks indices of an input up, along one axis, before the node reads it. */
  void gatherInput(int input, int axis, int[] indices);

  /** Replaces an input by a constant. */
  void constantInput(int input, Tensor value);

  /**
   * Replaces the known integers of an input; the open ones go on being computed by the model. All
   * known: the input becomes a constant.
   */
  void integers(int input, PartlyKnown values);
}
