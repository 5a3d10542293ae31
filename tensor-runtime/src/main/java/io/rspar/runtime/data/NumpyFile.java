package io.rspar.runtime.data;

import io.rspar.graph.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * NumPy's NPY format, versions 1 to 3 ({@code numpy.lib.format}), and NPZ, a zip archive of NPY
 * files. Objects (pickles) are refused: they are code.
 */
final class NumpyFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");

  private NumpyFile() {}

  static Examples readArchive(Path file, DataDescription description, Slice slice)
      throws IOException {
    String key = description.inputKeys().get(0);
    try (ZipFile zip = new ZipFile(file.toFile());
        InputStream images = entry(zip, file, key);
        InputStream labels = entry(zip, file, description.labelsKey())) {
      return ArrayStream.join(
          open(file + " array '" + key + "'", images),
          open(file + " array '" + description.labelsKey() + "'", labels),
          description,
          slice);
    }
  }

  private static InputStream entry(ZipFile zip, Path file, String key) throws IOException {
    ZipEntry entry = zip.getEntry(key + ".npy");
    if (entry == null) {
      throw new InvalidDataException(
          InvalidDataException.Kind.MISSING,
          file
              + " has no array '"
              + key
              + "' but "
              + zip.stream().map(e -> e.getName().replaceFirst("\\.npy$", "")).sorted().toList(),
          "name the arrays with imagesKey and labelsKey");
    }
    return new java.io.BufferedInputStream(zip.getInputStream(entry), 1 << 16);
  }

  static ArrayStream open(String source, InputStream in) throws IOException {
    byte[] magic = in.readNBytes(MAGIC.length);
    if (!Arrays.equals(magic, MAGIC)) {
      throw corrupt(source, "does not start with NumPy's magic string");
    }
    int major = in.read();
    if (in.read() < 0 || major < 1 || major > 3) {
      throw corrupt(source, "has NPY version " + major);
    }
    int lengthBytes = major == 1 ? 2 : 4;
    int length = 0;
    for (int i = 0; i < lengthBytes; i++) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException(source + " ends inside the header");
      }
      length |= b << (8 * i);
    }
    if (length <= 0 || length > 1 << 20) {
      throw corrupt(source, "has a header of " + length + " bytes");
    }
    String header = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    String descr = field(DESCR, header, source);
    Shape shape = shape(field(SHAPE, header, source));
    ElementType type = type(descr, source);
    ByteOrder order = descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    boolean columnMajor = field(FORTRAN, header, source).equals("True") && shape.rank() > 1;
    InputStream elements = columnMajor ? rowMajor(source, shape, type, in) : in;
    return new ArrayStream(source, shape, type, order, elements);
  }

  private static String field(Pattern pattern, String header, String source) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw corrupt(source, "has the header " + header.strip());
    }
    return matcher.group(1);
  }

  private static Shape shape(String tuple) {
    return Shape.of(
        Arrays.stream(tuple.split(","))
            .map(String::strip)
            .filter(s -> !s.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray());
  }

  private static ElementType type(String descr, String source) {
    return switch (descr.substring(Math.min(1, descr.length()))) {
      case "u1", "b1" -> ElementType.UINT8;
      case "i1" -> ElementType.INT8;
      case "u2" -> ElementType.UINT16;
      case "i2" -> ElementType.INT16;
      case "u4" -> ElementType.UINT32;
      case "i4" -> ElementType.INT32;
      case "i8" -> ElementType.INT64;
      case "f4" -> ElementType.FLOAT32;
      case "f8" -> ElementType.FLOAT64;
      default ->
          throw new InvalidDataException(
              InvalidDataException.Kind.CORRUPT,
              source + " has element type '" + descr + "'",
              "store uint8, int8…int64, float32 or float64");
    };
  }

  /** Reads a column-major array whole and hands it on row-major. */
  private static InputStream rowMajor(String source, Shape shape, ElementType type, InputStream in)
      throws IOException {
    long total = shape.elements() * type.bytes();
    if (total > Integer.MAX_VALUE - 8) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          source + " is column-major and larger than 2 GiB",
          "store it row-major: numpy.ascontiguousarray");
    }
    byte[] columnMajor = in.readNBytes((int) total);
    if (columnMajor.length < total) {
      throw new EOFException(source + " ends inside the elements");
    }
    ByteBuffer result = ByteBuffer.allocate((int) total);
    long[] dims = shape.toArray();
    long[] index = new long[dims.length];
    while (result.hasRemaining()) {
      long flat = 0;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        flat = flat * dims[axis] + index[axis];
      }
      result.put(columnMajor, (int) flat * type.bytes(), type.bytes());
      for (int axis = dims.length - 1; axis >= 0 && ++index[axis] == dims[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return new java.io.ByteArrayInputStream(result.array());
  }

  private static InvalidDataException corrupt(String source, String what) {
    return new InvalidDataException(
        InvalidDataException.Kind.CORRUPT,
        source + " is no NPY file: it " + what,
        "write the file with numpy.save or numpy.savez");
  }
}
