package io.rspar.runtime.data;

import io.rspar.graph.Shape;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;

/**
 * The IDX format of the MNIST database (LeCun, Cortes, Burges, "The MNIST database of handwritten
 * digits"): magic 0, 0, type, rank; big-endian extents; big-endian elements.
 */
final class IdxFile {
  private IdxFile() {}

  static ArrayStream open(String source, InputStream in) throws IOException {
    DataInputStream header = new DataInputStream(in);
    int magic = header.readInt();
    int rank = magic & 0xff;
    if (magic >>> 16 != 0 || rank == 0) {
      throw corrupt(source, String.format("starts with 0x%08x", magic));
    }
    ElementType type =
        switch (magic >>> 8) {
          case 0x08 -> ElementType.UINT8;
          case 0x09 -> ElementType.INT8;
          case 0x0b -> ElementType.INT16;
          case 0x0c -> ElementType.INT32;
          case 0x0d -> ElementType.FLOAT32;
          case 0x0e -> ElementType.FLOAT64;
          default -> throw corrupt(source, String.format("has element type 0x%02x", magic >>> 8));
        };
    long[] dims = new long[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = Integer.toUnsignedLong(header.readInt());
    }
    return new ArrayStream(source, Shape.of(dims), type, ByteOrder.BIG_ENDIAN, header);
  }

  private static InvalidDataException corrupt(String source, String what) {
    return new InvalidDataException(
        InvalidDataException.Kind.CORRUPT,
        source + " is no IDX file: it " + what,
        "give IDX files (MNIST's format), gzipped or not, examples before labels");
  }
}
