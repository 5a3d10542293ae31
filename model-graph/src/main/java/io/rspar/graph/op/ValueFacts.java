package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.Optional;

/**
 * What is known about a value without running the model.
 *
 * @param type element type, empty behind an operator that is not understood
 * @param shape {@link Shape#UNRANKED} or with {@link Shape#UNKNOWN} extents where not known
 * @param value the elements: of an initialiser, or of the result of shape arithmetic
 * @param constant whether the value depends on no input of the model, not even on its shape
 */
public record ValueFacts(
    Optional<DataType> type, Shape shape, Optional<Tensor> value, boolean constant) {
  /** Nothing is known. */
  public static final ValueFacts UNKNOWN =
      new ValueFacts(Optional.empty(), Shape.UNRANKED, Optional.empty(), false);

  /** A value of this type and shape, computed from the node's data inputs. */
  public static ValueFacts of(Optional<DataType> type, Shape shape) {
    return new ValueFacts(type, shape, Optional.empty(), false);
  }

  public static ValueFacts of(DataType type, Shape shape) {
    return of(Optional.of(type), shape);
  }

  /** A value whose elements are known. */
  public static ValueFacts of(Tensor value) {
    return new ValueFacts(Optional.of(value.type()), value.shape(), Optional.of(value), false);
  }

  public ValueFacts withConstant(boolean constant) {
    return new ValueFacts(type, shape, value, constant);
  }

  /**
   * Whether the elements are known and can be numbers about extents: integers, or a list of reals
   * such as scales. Real tensors of two axes or more are data, an expanded class token for
   * instance, even where all elements are known.
   */
  public boolean isShapeArithmetic() {
    return value.isPresent() && (!isFloatingPoint() || shape.rank() <= 1);
  }

  /** Whether the elements are real numbers, as far as is known. */
  public boolean isFloatingPoint() {
    return type.map(DataType::isFloatingPoint).orElse(true);
  }
}
