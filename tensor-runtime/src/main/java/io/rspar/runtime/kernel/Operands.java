package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import java.util.Optional;

/**
 * What a node reads during one pass: arrays of the engine, and for constants (shape arithmetic,
 * limits) a copy on the host, so that reading them does not wait for the engine.
 */
public final class Operands {
  private final Node node;
  private final NDManager manager;
  private final NDArray[] arrays;
  private final Tensor[] constants;
  private final Mode mode;
  private final StatisticsSink statistics;

  /**
   * @param manager owns arrays that an operator makes from nothing
   * @param arrays per input of the node; null where it is left out
   * @param constants per input of the node: its copy on the host; null where it has none
   */
  public Operands(
      Node node,
      NDManager manager,
      NDArray[] arrays,
      Tensor[] constants,
      Mode mode,
      StatisticsSink statistics) {
    this.node = node;
    this.manager = manager;
    this.arrays = arrays;
    this.constants = constants;
    this.mode = mode;
    this.statistics = statistics;
  }

  public Mode mode() {
    return mode;
  }

  StatisticsSink statistics() {
    return statistics;
  }

  /** Owns what is made from nothing. */
  public NDManager manager() {
    return manager;
  }

  int count() {
    return arrays.length;
  }

  /** The input of this name, if the node reads it. */
  public Optional<NDArray> named(String value) {
    int position = node.inputs().indexOf(value);
    return position < 0 ? Optional.empty() : Optional.of(arrays[position]);
  }

  /** A copy on the host of the input of this name, if it is a constant. */
  public Optional<Tensor> constant(String value) {
    int position = node.inputs().indexOf(value);
    return position < 0 ? Optional.empty() : Optional.ofNullable(constants[position]);
  }

  boolean has(int i) {
    return i < arrays.length && arrays[i] != null;
  }

  /** The i-th input as an array. */
  NDArray array(int i) {
    if (!has(i)) {
      throw new InvalidModelException(
          InvalidModelException.Kind.MALFORMED,
          node.describe() + " lacks input " + i,
          "export the model again");
    }
    return arrays[i];
  }

  /** The i-th input as an array, or null where it is left out. */
  NDArray arrayOrNull(int i) {
    return has(i) ? array(i) : null;
  }

  /** All elements of an integer input. */
  long[] integers(int i) {
    if (has(i) && constants[i] != null) {
      return constants[i].toLongs();
    }
    try (NDArray longs = array(i).toType(ai.djl.ndarray.types.DataType.INT64, true)) {
      return longs.toLongArray();
    }
  }

  /** All elements of an integer input, or empty where it is left out. */
  Optional<long[]> optionalIntegers(int i) {
    return has(i) ? Optional.of(integers(i)) : Optional.empty();
  }

  /** All elements of a floating input. */
  float[] floats(int i) {
    if (has(i) && constants[i] != null) {
      return constants[i].toFloats();
    }
    try (NDArray floats = array(i).toType(ai.djl.ndarray.types.DataType.FLOAT32, true)) {
      return floats.toFloatArray();
    }
  }

  /** A one-element floating input, or {@code otherwise} where it is left out. */
  float scalar(int i, float otherwise) {
    if (!has(i)) {
      return otherwise;
    }
    if (constants[i] != null) {
      return constants[i].type().isFloatingPoint()
          ? constants[i].toFloats()[0]
          : constants[i].toLongs()[0];
    }
    try (NDArray value = arrays[i].toType(ai.djl.ndarray.types.DataType.FLOAT32, true)) {
      return value.toFloatArray()[0];
    }
  }

  /** Whether the i-th input has an integer type. */
  boolean isInteger(int i) {
    return array(i).getDataType().isInteger();
  }
}
