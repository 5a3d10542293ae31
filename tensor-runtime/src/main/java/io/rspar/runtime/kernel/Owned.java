package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * Numbers and arrays in memory of the engine's own. What DJL creates from Java data, the operand of
 * {@code mul(2)} included, is memory of a Java buffer that is freed with its last handle; the
 * engine would read it in the backward pass, when the garbage collector may have given it to
 * others.
 */
public final class Owned {
  private Owned() {}

  /** A number as an array of the element type of {@code like}. */
  public static NDArray scalar(NDArray like, double value) {
    return like.getManager().full(new Shape(), (float) value, like.getDataType());
  }

  /** A copy in the engine's memory; closes what it copies. */
  public static NDArray copy(NDArray created) {
    try (created) {
      return created.duplicate();
    }
  }

  /** x · factor. */
  public static NDArray times(NDArray x, double factor) {
    try (NDArray number = scalar(x, factor)) {
      return x.mul(number);
    }
  }

  /** x ÷ divisor. */
  public static NDArray over(NDArray x, double divisor) {
    try (NDArray number = scalar(x, divisor)) {
      return x.div(number);
    }
  }

  /** x to a power. */
  static NDArray power(NDArray x, double exponent) {
    try (NDArray number = scalar(x, exponent)) {
      return x.pow(number);
    }
  }
}
