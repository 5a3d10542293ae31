package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Map;

/**
 * Multiplies channels of values by factors, as their consumers see them: zeros remove channels
 * without cutting; factors that require gradients, or were computed from numbers that do, pass the
 * gradient of the loss on to them.
 */
public final class ChannelMasks implements ValueHook {

  /**
   * Factors for the channels of one value.
   *
   * @param axis of the channels, negative from the last
   * @param factors one per channel
   */
  public record Mask(int axis, NDArray factors) {}

  private final Map<String, Mask> masks;

  /** Masks by the name of the value. */
  public ChannelMasks(Map<String, Mask> masks) {
    this.masks = Map.copyOf(masks);
  }

  @Override
  public NDArray apply(String name, NDArray value) {
    Mask mask = masks.get(name);
    if (mask == null) {
      return value;
    }
    long[] shape = new long[value.getShape().dimension()];
    Arrays.fill(shape, 1);
    shape[mask.axis() < 0 ? mask.axis() + shape.length : mask.axis()] = mask.factors().size();
    try (NDArray factors = mask.factors().reshape(new Shape(shape))) {
      return value.mul(factors);
    }
  }
}
