package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A node with what is known about its inputs and outputs.
 *
 * @param opset version of the node's operator set
 * @param inputs one per input of the node; {@link ValueFacts#UNKNOWN} where left out
 * @param outputs one per output of the node; empty while they are being inferred
 */
public record NodeFacts(Node node, long opset, List<ValueFacts> inputs, List<ValueFacts> outputs)
    implements NodeShapes {
  public NodeFacts {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  public boolean has(int input) {
    return node.hasInput(input);
  }

  @Override
  public Shape input(int i) {
    if (!has(i)) {
      throw malformed("input " + i + " is missing");
    }
    return inputs.get(i).shape();
  }

  @Override
  public Shape output(int i) {
    return outputs.get(i).shape();
  }

  public Optional<DataType> type(int input) {
    return has(input) ? inputs.get(input).type() : Optional.empty();
  }

  /** The elements of an input, if they are known. */
  public Optional<Tensor> value(int input) {
    return has(input) ? inputs.get(input).value() : Optional.empty();
  }

  /** The elements of an integer input, if they are known. */
  public Optional<long[]> integers(int input) {
    return value(input).filter(t -> !t.type().isFloatingPoint()).map(Tensor::toLongs);
  }

  /** Whether an input depends on constants alone. */
  public boolean isConstant(int input) {
    return has(input) && inputs.get(input).constant();
  }

  /**
   * Integers that moved from an attribute to an input in a later version of the operator.
   *
   * @return empty if they are neither given as attribute nor known as input
   */
  public Optional<long[]> integers(String attribute, int input) {
    Optional<long[]> given = node.intsAttribute(attribute);
    return given.isPresent() ? given : integers(input);
  }

  /** An axis as a number from 0. */
  public int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw malformed("axis " + axis + " of a value of rank " + rank);
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** An exception that says what contradicts itself in this node. */
  public InvalidModelException malformed(String what) {
    return new InvalidModelException(
        InvalidModelException.Kind.MALFORMED,
        node.describe() + ": " + what,
        "export the model again, or repair the node");
  }
}
