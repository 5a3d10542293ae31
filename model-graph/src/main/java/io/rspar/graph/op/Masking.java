package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Tensor;
import java.util.List;
import java.util.Map;

/**
 * A node on its way into the masked original: no shape changes, but what the node adds up, or
 * compares, over an axis it adds up over the indices that stay. Nodes are written in primitive
 * operators, so that a mistake in the cut is not repeated here.
 */
public interface Masking {
  /** The node before the cut. */
  NodeFacts facts();

  /** Version of ONNX's own operator set, to which the added nodes belong. */
  long opset();

  /** As {@link Coupling#witnesses}. */
  List<NodeFacts> witnesses();

  /** Part of the indices of some axes of an input that stays, over all of these axes; 1 = all. */
  double keptShare(int input, List<Integer> axes);

  /**
   * A value of the input's shape with another element wherever an index does not stay.
   *
   * @param value name of the value; returned as it is if all indices stay
   * @param input the input that has the axes
   * @param fill what the sum or comparison does not notice: 0 for a sum
   */
  String masked(String value, int input, List<Integer> axes, double fill);

  /** A scalar of the element type of the first input of real numbers, else of input 0. */
  String scalar(double value);

  /** A constant tensor, of its own element type. */
  String constant(Tensor value);

  /** Adds a node of ONNX's own operator set and gives the name of its output. */
  String node(String opType, Map<String, Attribute> attributes, String... inputs);

  default String node(String opType, String... inputs) {
    return node(opType, Map.of(), inputs);
  }

  /** The node itself goes on with another value as an input. */
  void replaceInput(int input, String value);

  /**
   * Adds the node itself, with the inputs replaced so far.
   *
   * @param count number of outputs that it writes
   * @return names of those outputs
   */
  List<String> replacedNode(int count);

  /** Adds the node itself, with the inputs replaced so far, and gives the name of its output 0. */
  default String replacedNode() {
    return replacedNode(1).get(0);
  }

  /** This value takes the place of the node's output 0, and the node itself is left out. */
  void replaceNode(String value);

  /** As {@link #replaceNode} for another output, which the node left out no longer writes. */
  void replaceOutput(int output, String value);

  /** Puts the input's elements at removed indices to 0, and keeps the node. */
  default void maskInput(int input, int axis) {
    replaceInput(input, masked(facts().node().input(input), input, List.of(axis), 0));
  }
}
