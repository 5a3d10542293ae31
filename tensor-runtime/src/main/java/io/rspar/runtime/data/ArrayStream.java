package io.rspar.runtime.data;

import io.rspar.graph.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An array read row by row along its first axis, so that a slice of a large file needs the memory
 * of the slice only.
 */
final class ArrayStream {
  private final String source;
  private final Shape shape;
  private final ElementType type;
  private final ByteOrder order;
  private final InputStream elements;
  private final int rowElements;

  /**
   * @param shape of the array, rank 1 or more
   * @param elements row-major, positioned at the first element
   */
  ArrayStream(String source, Shape shape, ElementType type, ByteOrder order, InputStream elements) {
    if (shape.rank() == 0) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          source + " holds a single number",
          "store one example per index of the first axis");
    }
    this.source = source;
    this.shape = shape;
    this.type = type;
    this.order = order;
    this.elements = elements;
    long row = 1;
    for (int axis = 1; axis < shape.rank(); axis++) {
      row = Math.multiplyExact(row, shape.dim(axis));
    }
    if (row * type.bytes() > Integer.MAX_VALUE - 8) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          source + " holds examples of " + row + " elements each",
          "store smaller examples");
    }
    this.rowElements = (int) row;
  }

  String source() {
    return source;
  }

  /** Number of rows. */
  long rows() {
    return shape.dim(0);
  }

  /** Shape of one row. */
  Shape rowShape() {
    long[] dims = shape.toArray();
    return Shape.of(java.util.Arrays.copyOfRange(dims, 1, dims.length));
  }

  ElementType type() {
    return type;
  }

  void skipRow() throws IOException {
    elements.skipNBytes((long) rowElements * type.bytes());
  }

  byte[] nextBytes() throws IOException {
    byte[] row = elements.readNBytes(rowElements * type.bytes());
    if (row.length < rowElements * type.bytes()) {
      throw new EOFException(source + " ends inside a row");
    }
    return row;
  }

  float[] nextFloats() throws IOException {
    ByteBuffer row = ByteBuffer.wrap(nextBytes()).order(order);
    float[] values = new float[rowElements];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) type.read(row, i);
    }
    return values;
  }

  /** The next row of a rank-1 array (or N×1) as a label. */
  long nextLabel() throws IOException {
    double value = type.read(ByteBuffer.wrap(nextBytes()).order(order), 0);
    if (value != Math.rint(value)) {
      throw new InvalidDataException(
          InvalidDataException.Kind.LABEL_OUT_OF_RANGE,
          source + " holds the label " + value,
          "store class indices as whole numbers");
    }
    return (long) value;
  }

  /** Joins an array of examples with one of labels. */
  static Examples join(
      ArrayStream images, ArrayStream labels, DataDescription description, Slice slice)
      throws IOException {
    if (labels.rowElements != 1) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          labels.source + " has shape " + labels.shape + " where labels are expected",
          "store one class index per example");
    }
    if (images.rows() != labels.rows()) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          String.format(
              "%s holds %d examples but %s holds %d labels",
              images.source, images.rows(), labels.source, labels.rows()),
          "give the labels that belong to the examples");
    }
    Examples.Collector collector = new Examples.Collector(description, slice, images.source);
    Shape row = images.rowShape();
    collector.declareShape(row.rank() == 0 ? Shape.of(1) : row, description.layout());
    for (long i = 0; i < images.rows() && collector.position() <= 0; i++) {
      if (collector.position() < 0) {
        images.skipRow();
        labels.skipRow();
        collector.skip();
      } else if (images.type == ElementType.UINT8) {
        collector.add(images.nextBytes(), labels.nextLabel());
      } else {
        collector.add(images.nextFloats(), labels.nextLabel());
      }
    }
    return collector.finish(java.util.List.of());
  }
}
