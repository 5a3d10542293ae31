package io.rspar.benchmarks.curvature;

import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Images of noise with labels by chance, for measurements of time: they go through a real file. */
public final class RandomImages {
  private RandomImages() {}

  /**
   * @param folder receives the file
   * @param size rows and columns of an RGB image
   */
  static Dataset of(Path folder, int count, int size, int classes, long seed) throws IOException {
    Path file = folder.resolve("noise.npz");
    write(file, count, size, classes, seed);
    return Dataset.read(
        DataDescription.of(Format.NPZ)
            .withNormalization(255, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)),
        List.of(file),
        Slice.all());
  }

  /**
   * Writes an NPZ file with uint8 arrays {@code x} (N×size×size×3) and {@code y} (N).
   *
   * @param size rows and columns of an RGB image
   */
  public static void write(Path file, int count, int size, int classes, long seed)
      throws IOException {
    Random random = new Random(seed);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.setLevel(Deflater.NO_COMPRESSION);
      zip.putNextEntry(new ZipEntry("x.npy"));
      header(zip, "|u1", count + ", " + size + ", " + size + ", 3");
      byte[] image = new byte[size * size * 3];
      for (int n = 0; n < count; n++) {
        random.nextBytes(image);
        zip.write(image);
      }
      zip.putNextEntry(new ZipEntry("y.npy"));
      header(zip, "|u1", count + ",");
      for (int n = 0; n < count; n++) {
        zip.write(random.nextInt(Math.min(classes, 256)));
      }
    }
  }

  /** NumPy's format, version 1. */
  private static void header(OutputStream out, String type, String shape) throws IOException {
    String text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
    int padding = 64 - (10 + text.length() + 1) % 64;
    byte[] line = (text + " ".repeat(padding % 64) + "\n").getBytes(StandardCharsets.US_ASCII);
    out.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.write(line.length & 0xff);
    out.write(line.length >> 8);
    out.write(line);
  }
}
