package io.rspar.runtime.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Data files are hostile input: read or refused with cause and remedy, soon and within memory. */
@Timeout(value = 15, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileDataTest {
  /** More of it by hand: {@code -DargLine="-Drspar.fuzz.cases=100000 -Drspar.fuzz.seed=7"}. */
  private static final int CASES = Integer.getInteger("rspar.fuzz.cases", 1500);

  @TempDir Path folder;

  /** A valid data set: its description and the contents of its files. */
  private record Sample(DataDescription description, List<byte[]> files) {}

  @Test
  void mutatedFilesAreReadOrRefused() throws Exception {
    long seed = Long.getLong("rspar.fuzz.seed", 20_260_101L);
    Random random = new Random(seed);
    List<Sample> samples = samples();
    for (Sample sample : samples) {
      assertThat(readsOrRefuses(sample, sample.description().format().name()))
          .as("the unchanged %s", sample.description().format())
          .isTrue();
    }
    int read = 0;
    for (int i = 0; i < CASES; i++) {
      Sample sample = samples.get(random.nextInt(samples.size()));
      List<byte[]> files = new ArrayList<>(sample.files());
      int changed = random.nextInt(files.size());
      files.set(changed, mutate(files.get(changed), random));
      if (readsOrRefuses(
          new Sample(sample.description(), files), "seed %d, case %d".formatted(seed, i))) {
        read++;
      }
    }
    System.out.printf(
        "%d mutated data sets: %d read, %d refused (seed %d)%n", CASES, read, CASES - read, seed);
    assertThat(read).as("mutations that leave the data readable").isPositive();
    assertThat(CASES - read).as("mutations that are refused").isPositive();
  }

  private static byte[] mutate(byte[] file, Random random) {
    byte[] changed = file.clone();
    if (random.nextInt(5) == 0) {
      return java.util.Arrays.copyOf(file, random.nextInt(file.length + 1));
    }
    // The structure is at the beginning of a file, or at the end of an archive.
    int reach = random.nextBoolean() ? Math.min(file.length, 130) : file.length;
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      int at = random.nextInt(reach);
      changed[random.nextInt(4) == 0 ? file.length - 1 - at : at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) 0xff;
            case 1 -> (byte) 0x7f;
            case 2 -> (byte) ('0' + random.nextInt(10));
            default -> (byte) random.nextInt();
          };
    }
    return changed;
  }

  @Test
  void aFewBytesDoNotClaimGigabytes() throws Exception {
    DataDescription npy = DataDescription.of(Format.NPY);
    for (String shape :
        List.of(
            "(1099511627776,)",
            "(4, 1099511627776)",
            "(4, 2147483647)",
            "(4, 4294967296, 4294967296)",
            "(99999999999999999999,)",
            "(-4, 4)")) {
      refused(new Sample(npy, List.of(npy(shape, "False", new byte[64]), labels(4))));
      refused(new Sample(npy, List.of(npy(shape, "True", new byte[64]), labels(4))));
    }
    refused(
        new Sample(
            DataDescription.of(Format.IDX),
            List.of(idx(0x7fffffff, 0x7fffffff, 0x7fffffff), idx(4))));
    refused(
        new Sample(
            DataDescription.of(Format.IMAGE_FOLDER),
            List.of(zip("cat/bomb.png", blackPng(60_000, 60_000)))));
    refused(
        new Sample(
            DataDescription.of(Format.CSV), List.of(gzip("1,".repeat(40 << 20).getBytes()))));
  }

  private void refused(Sample sample) throws IOException {
    List<Path> files = write(sample);
    InvalidDataException refusal =
        catchThrowableOfType(
            InvalidDataException.class,
            () -> Dataset.read(sample.description(), files, Slice.all()));
    assertThat(refusal).as(sample.description().format().name()).isNotNull();
    assertThat(refusal.getMessage()).isNotBlank();
    assertThat(refusal.remedy()).isNotBlank();
  }

  private boolean readsOrRefuses(Sample sample, String name) throws IOException {
    List<Path> files = write(sample);
    try {
      Dataset.read(sample.description(), files, Slice.all());
      return true;
    } catch (InvalidDataException e) {
      assertThat(e.getMessage()).as(name).isNotBlank();
      assertThat(e.remedy()).as(name).isNotBlank();
      return false;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      Path kept = Files.createTempDirectory("hostile-");
      for (Path file : files) {
        Files.copy(file, kept.resolve(file.getFileName()));
      }
      throw new AssertionError(
          "%s (%s) got past the checks; kept in %s"
              .formatted(name, sample.description().format(), kept),
          e);
    }
  }

  private List<Path> write(Sample sample) throws IOException {
    List<Path> files = new ArrayList<>();
    for (byte[] content : sample.files()) {
      files.add(Files.write(folder.resolve("file-" + files.size()), content));
    }
    return files;
  }

  private static List<Sample> samples() throws IOException {
    ByteArrayOutputStream npz = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(npz)) {
      zip.putNextEntry(new ZipEntry("x.npy"));
      zip.write(npy("(4, 2, 3, 1)", "False", new byte[24]));
      zip.putNextEntry(new ZipEntry("y.npy"));
      zip.write(labels(4));
    }
    return List.of(
        new Sample(DataDescription.of(Format.IDX), List.of(idx(4, 2, 3), idx(4))),
        new Sample(
            DataDescription.of(Format.NPY),
            List.of(npy("(4, 2, 3, 1)", "False", new byte[24]), labels(4))),
        new Sample(
            DataDescription.of(Format.NPY),
            List.of(npy("(4, 2, 3, 1)", "True", new byte[24]), labels(4))),
        new Sample(DataDescription.of(Format.NPZ), List.of(npz.toByteArray())),
        new Sample(DataDescription.of(Format.CIFAR_BINARY), List.of(new byte[2 * 3073])),
        new Sample(DataDescription.of(Format.IMAGE_FOLDER), List.of(zip("cat/1.png", smallPng()))),
        new Sample(
            DataDescription.of(Format.CSV),
            List.of("1,2,3,0\n4,5.5,-6e1,1\n".getBytes(StandardCharsets.UTF_8))));
  }

  private static byte[] idx(int... dims) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0x0800 + dims.length);
    long elements = 1;
    for (int dim : dims) {
      out.writeInt(dim);
      elements *= Math.min(dim, 10);
    }
    out.write(new byte[(int) elements]);
    return bytes.toByteArray();
  }

  private static byte[] labels(int count) {
    return npy("(%d,)".formatted(count), "False", new byte[count]);
  }

  private static byte[] npy(String shape, String fortran, byte[] elements) {
    String header =
        "{'descr': '|u1', 'fortran_order': %s, 'shape': %s, }\n".formatted(fortran, shape);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.write(header.length());
    out.write(header.length() >> 8);
    out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(elements);
    return out.toByteArray();
  }

  private static byte[] zip(String name, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] smallPng() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB), "png", bytes);
    return bytes.toByteArray();
  }

  /** A picture of gigabytes in a header of 33 bytes. */
  private static byte[] blackPng(int width, int height) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(0x89504e470d0a1a0aL);
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(header);
    fields.writeBytes("IHDR");
    fields.writeInt(width);
    fields.writeInt(height);
    // 8 bits, RGB, default compression, filter and interlace.
    fields.write(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(header.toByteArray());
    out.writeInt(13);
    out.write(header.toByteArray());
    out.writeInt((int) crc.getValue());
    return bytes.toByteArray();
  }
}
