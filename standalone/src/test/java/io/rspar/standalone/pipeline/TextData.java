package io.rspar.standalone.pipeline;

import io.rspar.events.ArtifactRef;
import io.rspar.events.DataFormat;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Made-up sentences as tokenizers store them: word numbers, attention mask and segments, all N×T of
 * int64, in an NPZ archive. Sentences end at different lengths; the label is which of three ranges
 * most words are of.
 */
final class TextData {
  static final int VOCABULARY = 60;
  static final int LENGTH = 10;
  static final int CLASSES = 3;

  private TextData() {}

  /** Writes examples and describes them, a third for each role but training. */
  static DataSpec.Builder write(Path file, int examples, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    long[] ids = new long[examples * LENGTH];
    long[] mask = new long[ids.length];
    long[] types = new long[ids.length];
    long[] labels = new long[examples];
    for (int n = 0; n < examples; n++) {
      labels[n] = random.nextInt(CLASSES);
      int length = random.nextInt(LENGTH / 2, LENGTH + 1);
      for (int t = 0; t < length; t++) {
        int at = n * LENGTH + t;
        long range = random.nextInt(4) == 0 ? random.nextInt(CLASSES) : labels[n];
        ids[at] = t == 0 ? 0 : range * (VOCABULARY / CLASSES) + random.nextInt(19) + 1;
        mask[at] = 1;
        types[at] = 2 * t < length ? 0 : 1;
      }
    }
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      add(zip, "input_ids", ids, examples, LENGTH);
      add(zip, "attention_mask", mask, examples, LENGTH);
      add(zip, "token_type_ids", types, examples, LENGTH);
      add(zip, "y", labels, examples);
    }
    int third = examples / 3;
    return DataSpec.newBuilder()
        .setFormat(DataFormat.NPZ)
        .setScale(1f)
        .setImagesKey("input_ids,attention_mask,token_type_ids")
        .setCalibration(slice(file, 0, third))
        .setValidation(slice(file, third, third))
        .setTest(slice(file, 2 * third, third));
  }

  private static DataSlice slice(Path file, int offset, int limit) {
    ArtifactRef reference = DemoRequests.ref(file);
    return DataSlice.newBuilder()
        .setFiles(List.of(reference))
        .setOffset(offset)
        .setLimit(limit)
        .build();
  }

  private static void add(ZipOutputStream zip, String name, long[] values, int... shape)
      throws IOException {
    String extents =
        Arrays.stream(shape).mapToObj(String::valueOf).collect(Collectors.joining(", "));
    String header = "{'descr': '<i8', 'fortran_order': False, 'shape': (%s,), }".formatted(extents);
    header = header + " ".repeat(117 - header.length()) + "\n";
    ByteBuffer bytes = ByteBuffer.allocate(128 + 8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    bytes.put((byte) 1).put((byte) 0).putShort((short) header.length());
    bytes.put(header.getBytes(StandardCharsets.US_ASCII));
    bytes.asLongBuffer().put(values);
    zip.putNextEntry(new ZipEntry(name + ".npy"));
    zip.write(bytes.array());
    zip.closeEntry();
  }
}
