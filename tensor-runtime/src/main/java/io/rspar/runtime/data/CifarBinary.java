package io.rspar.runtime.data;

import io.rspar.graph.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The binary form of CIFAR-10 (label, then 3×32×32 bytes) and CIFAR-100 (coarse label, fine label,
 * then the bytes; the fine label is used). Krizhevsky, "Learning multiple layers of features from
 * tiny images", 2009. The record size tells the two apart.
 */
final class CifarBinary {
  private static final int PIXELS = 3 * 32 * 32;

  private CifarBinary() {}

  static Examples read(List<Path> files, DataDescription description, Slice slice)
      throws IOException {
    Examples.Collector collector = new Examples.Collector(description, slice, files.toString());
    collector.declareShape(Shape.of(3, 32, 32), Layout.CHW);
    for (Path file : files) {
      byte[] bytes;
      try (InputStream in = DataFile.open(file)) {
        bytes = in.readAllBytes();
      }
      int labelBytes = labelBytes(file, bytes.length);
      int record = labelBytes + PIXELS;
      for (int at = 0; at < bytes.length && collector.position() <= 0; at += record) {
        if (collector.position() < 0) {
          collector.skip();
        } else {
          collector.add(
              Arrays.copyOfRange(bytes, at + labelBytes, at + record),
              Byte.toUnsignedInt(bytes[at + labelBytes - 1]));
        }
      }
    }
    return collector.finish(List.of());
  }

  private static int labelBytes(Path file, int length) {
    if (length > 0 && length % (PIXELS + 1) == 0) {
      return 1;
    }
    if (length > 0 && length % (PIXELS + 2) == 0) {
      return 2;
    }
    throw new InvalidDataException(
        InvalidDataException.Kind.CORRUPT,
        file + " has " + length + " bytes, not a multiple of 3073 (CIFAR-10) or 3074 (CIFAR-100)",
        "download the file again: it is truncated or of another format");
  }
}
