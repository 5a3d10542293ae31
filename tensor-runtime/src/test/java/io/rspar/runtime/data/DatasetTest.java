package io.rspar.runtime.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.rspar.graph.Shape;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.InvalidDataException.Kind;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files are written byte by byte after their format's description, not by the code under test. */
class DatasetTest {
  private static final DataDescription RAW =
      DataDescription.of(Format.NPZ).withNormalization(1, List.of(), List.of());

  @TempDir Path folder;

  private static DataDescription raw(Format format) {
    return new DataDescription(
        format, Layout.HWC, 1, List.of(), List.of(), List.of(), "x", "y", -1, false);
  }

  private static float[] x(Dataset data, int... indices) {
    try (NDManager manager = Torch.newManager()) {
      return data.batch(manager, indices).x().toFloatArray();
    }
  }

  private static int[] labels(Dataset data) {
    return IntStream.range(0, data.size()).map(data::label).toArray();
  }

  private Path write(String name, byte[]... parts) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (byte[] part : parts) {
        out.write(part);
      }
    }
    return file;
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }

  private static byte[] idx(int type, int[] dims, int... bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * dims.length + bytes.length);
    buffer.putInt(type << 8 | dims.length);
    for (int dim : dims) {
      buffer.putInt(dim);
    }
    for (int b : bytes) {
      buffer.put((byte) b);
    }
    return buffer.array();
  }

  private static int[] dims(int... dims) {
    return dims;
  }

  private static byte[] npy(String descr, boolean fortran, String shape, byte[] elements) {
    String header =
        String.format(
            "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }",
            descr, fortran ? "True" : "False", shape);
    header = header + " ".repeat(63 - (10 + header.length()) % 64) + "\n";
    ByteBuffer buffer =
        ByteBuffer.allocate(10 + header.length() + elements.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    buffer.put((byte) 1).put((byte) 0).putShort((short) header.length());
    buffer.put(header.getBytes(StandardCharsets.US_ASCII)).put(elements);
    return buffer.array();
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static byte[] longs(long... values) {
    ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(values).forEach(buffer::putLong);
    return buffer.array();
  }

  private static byte[] floats(ByteOrder order, float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(order);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }

  private Path npz(String name, boolean stored, byte[] x, byte[] y) throws IOException {
    Path file = folder.resolve(name);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String key : List.of("x", "y")) {
        byte[] content = key.equals("x") ? x : y;
        ZipEntry entry = new ZipEntry(key + ".npy");
        if (stored) {
          CRC32 crc = new CRC32();
          crc.update(content);
          entry.setMethod(ZipEntry.STORED);
          entry.setSize(content.length);
          entry.setCrc(crc.getValue());
        }
        zip.putNextEntry(entry);
        zip.write(content);
      }
    }
    return file;
  }

  private void assertFails(
      Kind kind, String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable read) {
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            InvalidDataException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(kind);
              assertThat(e).hasMessageContaining(message);
              assertThat(e.remedy()).isNotBlank();
            });
  }

  @Test
  void idxImagesGzippedOrNot() throws IOException {
    byte[] images = idx(8, dims(2, 2, 3), 0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6);
    byte[] labels = idx(8, dims(2), 7, 0);
    List<Path> plain = List.of(write("images", images), write("labels", labels));
    List<Path> packed = List.of(write("images.gz", gzip(images)), write("labels.gz", gzip(labels)));
    for (List<Path> files : List.of(plain, packed)) {
      Dataset data = Dataset.read(DataDescription.of(Format.IDX), files, Slice.all());
      assertThat(data.exampleShape()).isEqualTo(Shape.of(1, 2, 3));
      assertThat(labels(data)).containsExactly(7, 0);
      assertThat(data.classes()).isEqualTo(8);
      assertThat(x(data, 0)).containsExactly(new float[] {0, .2f, .4f, .6f, .8f, 1}, within(1e-6f));
    }
  }

  @Test
  void idxFloats() throws IOException {
    ByteBuffer images = ByteBuffer.allocate(12 + 8);
    images.putInt(0x0d02).putInt(1).putInt(2).putFloat(-1.5f).putFloat(2.25f);
    List<Path> files = List.of(write("i", images.array()), write("l", idx(8, dims(1), 3)));
    Dataset data = Dataset.read(raw(Format.IDX), files, Slice.all());
    assertThat(x(data, 0)).containsExactly(-1.5f, 2.25f);
  }

  @Test
  void truncatedIdxIsCorruptAndNamesTheFile() throws IOException {
    byte[] images = idx(8, dims(2, 2, 3), 1, 2, 3, 4, 5, 6, 7);
    List<Path> files = List.of(write("cut", images), write("labels", idx(8, dims(2), 1, 0)));
    assertFails(Kind.CORRUPT, "cut", () -> Dataset.read(raw(Format.IDX), files, Slice.all()));
    byte[] packed = gzip(idx(8, dims(2, 2, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    List<Path> half =
        List.of(write("half.gz", Arrays.copyOf(packed, packed.length - 12)), files.get(1));
    assertFails(Kind.CORRUPT, "half.gz", () -> Dataset.read(raw(Format.IDX), half, Slice.all()));
  }

  @Test
  void otherFilesAreNoIdx() throws IOException {
    Path text = write("text", "hello world".getBytes(StandardCharsets.US_ASCII));
    assertFails(
        Kind.CORRUPT,
        "text",
        () -> Dataset.read(raw(Format.IDX), List.of(text, text), Slice.all()));
  }

  @Test
  void countsOfImagesAndLabelsMustAgree() throws IOException {
    List<Path> files =
        List.of(write("i", idx(8, dims(2, 1, 1), 1, 2)), write("l", idx(8, dims(3), 1, 0, 1)));
    assertFails(Kind.SHAPE, "3 labels", () -> Dataset.read(raw(Format.IDX), files, Slice.all()));
  }

  @Test
  void missingFileIsNamed() {
    Path nowhere = folder.resolve("nowhere.npz");
    assertFails(
        Kind.MISSING, "nowhere.npz", () -> Dataset.read(RAW, List.of(nowhere), Slice.all()));
  }

  @Test
  void npzStoredAndDeflatedBecomesChannelsFirst() throws IOException {
    // One 1×2 image with 3 channels: pixels (1,2,3) and (4,5,6).
    byte[] x = npy("|u1", false, "1, 1, 2, 3", bytes(1, 2, 3, 4, 5, 6));
    byte[] y = npy("<i8", false, "1,", longs(4));
    for (boolean stored : new boolean[] {true, false}) {
      Dataset data = Dataset.read(RAW, List.of(npz(stored + ".npz", stored, x, y)), Slice.all());
      assertThat(data.exampleShape()).isEqualTo(Shape.of(3, 1, 2));
      assertThat(x(data, 0)).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(labels(data)).containsExactly(4);
    }
    Dataset planes =
        Dataset.read(RAW.withLayout(Layout.CHW), List.of(folder.resolve("true.npz")), Slice.all());
    assertThat(planes.exampleShape()).isEqualTo(Shape.of(1, 2, 3));
    assertThat(x(planes, 0)).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void npyColumnMajorEqualsRowMajor() throws IOException {
    Path labels = write("y.npy", npy("|u1", false, "2,", bytes(0, 1)));
    // [[[1,2,3],[4,5,6]], [[7,8,9],[10,11,12]]] of shape 2×2×3.
    Path rows =
        write("c.npy", npy("|u1", false, "2, 2, 3", bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)));
    Path columns =
        write("f.npy", npy("|u1", true, "2, 2, 3", bytes(1, 7, 4, 10, 2, 8, 5, 11, 3, 9, 6, 12)));
    for (Path images : List.of(rows, columns)) {
      Dataset data = Dataset.read(raw(Format.NPY), List.of(images, labels), Slice.all());
      assertThat(x(data, 1, 0)).containsExactly(7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6);
    }
  }

  @Test
  void npyElementTypesAndByteOrders() throws IOException {
    Path labels = write("y.npy", npy("<f8", false, "1,", longs(Double.doubleToLongBits(2))));
    List<byte[]> images = new ArrayList<>();
    images.add(npy("<f4", false, "1, 2", floats(ByteOrder.LITTLE_ENDIAN, -3, 200)));
    images.add(npy(">f4", false, "1, 2", floats(ByteOrder.BIG_ENDIAN, -3, 200)));
    images.add(npy("<i8", false, "1, 2", longs(-3, 200)));
    images.add(npy("<i2", false, "1, 2", bytes(0xfd, 0xff, 200, 0)));
    images.add(npy("<i4", false, "1, 2", bytes(0xfd, 0xff, 0xff, 0xff, 200, 0, 0, 0)));
    for (byte[] image : images) {
      Dataset data =
          Dataset.read(raw(Format.NPY), List.of(write("x.npy", image), labels), Slice.all());
      assertThat(data.exampleShape()).isEqualTo(Shape.of(2));
      assertThat(x(data, 0)).containsExactly(-3, 200);
      assertThat(labels(data)).containsExactly(2);
    }
    Path small = write("x.npy", npy("|i1", false, "1, 2", bytes(-3, 100)));
    assertThat(x(Dataset.read(raw(Format.NPY), List.of(small, labels), Slice.all()), 0))
        .containsExactly(-3, 100);
  }

  @Test
  void pickledObjectsAreRefused() throws IOException {
    Path file =
        npz("o.npz", false, npy("|O", false, "1,", bytes(0)), npy("|u1", false, "1,", bytes(0)));
    assertFails(Kind.CORRUPT, "|O", () -> Dataset.read(RAW, List.of(file), Slice.all()));
  }

  @Test
  void missingArrayListsTheOnesThere() throws IOException {
    byte[] x = npy("|u1", false, "1, 1, 1", bytes(1));
    Path file = npz("k.npz", false, x, npy("|u1", false, "1,", bytes(0)));
    DataDescription other =
        new DataDescription(
            Format.NPZ, Layout.HWC, 1, List.of(), List.of(), List.of(), "images", "y", -1, false);
    assertFails(Kind.MISSING, "[x, y]", () -> Dataset.read(other, List.of(file), Slice.all()));
  }

  @Test
  void notANumberAmongTheValuesIsCorrupt() throws IOException {
    Path file =
        npz(
            "n.npz",
            false,
            npy("<f4", false, "1, 2", floats(ByteOrder.LITTLE_ENDIAN, 1, Float.NaN)),
            npy("|u1", false, "1,", bytes(0)));
    assertFails(
        Kind.CORRUPT, "NaN in example 0", () -> Dataset.read(RAW, List.of(file), Slice.all()));
  }

  @Test
  void cifarBinariesOfBothKindsAndSeveralFiles() throws IOException {
    byte[] ten = new byte[2 * 3073];
    ten[0] = 9;
    ten[1] = (byte) 255;
    ten[3073] = 3;
    ten[3073 + 3072] = 17;
    byte[] hundred = new byte[3074];
    hundred[0] = 5;
    hundred[1] = 77;
    hundred[2] = 8;
    DataDescription description = raw(Format.CIFAR_BINARY);
    Path file = write("ten.bin", ten);
    Dataset data = Dataset.read(description, List.of(file, file), new Slice(1, 2));
    assertThat(labels(data)).containsExactly(3, 9);
    assertThat(x(data, 0)[3071]).isEqualTo(17);
    assertThat(x(data, 1)[0]).isEqualTo(255);
    Dataset fine = Dataset.read(description, List.of(write("h.bin", hundred)), Slice.all());
    assertThat(labels(fine)).containsExactly(77);
    assertThat(x(fine, 0)[0]).isEqualTo(8);
    Path cut = write("cut.bin", Arrays.copyOf(ten, 4000));
    assertFails(Kind.CORRUPT, "4000", () -> Dataset.read(description, List.of(cut), Slice.all()));
  }

  @Test
  void csvWithHeaderAndLabelColumn() throws IOException {
    Path file =
        write(
            "t.csv",
            gzip("label,a,b\n1, 0.5,-2\n\n0,3,\"4e1\"\n".getBytes(StandardCharsets.UTF_8)));
    DataDescription description = raw(Format.CSV).withLabelColumn(0, true);
    Dataset data = Dataset.read(description, List.of(file), Slice.all());
    assertThat(labels(data)).containsExactly(1, 0);
    assertThat(x(data, 0, 1)).containsExactly(0.5f, -2, 3, 40);
    assertFails(
        Kind.CORRUPT,
        "'label'",
        () -> Dataset.read(raw(Format.CSV).withLabelColumn(0, false), List.of(file), Slice.all()));
    Path ragged = write("r.csv", "1,2,0\n1,2,3,0\n".getBytes(StandardCharsets.UTF_8));
    assertFails(
        Kind.CORRUPT, "line 2", () -> Dataset.read(raw(Format.CSV), List.of(ragged), Slice.all()));
    Path half = write("h.csv", "1,2,0.5\n".getBytes(StandardCharsets.UTF_8));
    assertFails(
        Kind.CORRUPT, "0.5", () -> Dataset.read(raw(Format.CSV), List.of(half), Slice.all()));
    Path negative = write("n.csv", "1,2,-1\n".getBytes(StandardCharsets.UTF_8));
    assertFails(
        Kind.LABEL_OUT_OF_RANGE,
        "-1",
        () -> Dataset.read(raw(Format.CSV), List.of(negative), Slice.all()));
  }

  @Test
  void csvRowsTakeTheDescribedShapeAndLayout() throws IOException {
    Path file = write("t.csv", "1,2,3,4,5,6,0\n".getBytes(StandardCharsets.UTF_8));
    Dataset data =
        Dataset.read(raw(Format.CSV).withExampleShape(3, 1, 2), List.of(file), Slice.all());
    assertThat(x(data, 0)).containsExactly(1, 4, 2, 5, 3, 6);
    Dataset planes =
        Dataset.read(
            raw(Format.CSV).withExampleShape(3, 1, 2).withLayout(Layout.CHW),
            List.of(file),
            Slice.all());
    assertThat(x(planes, 0)).containsExactly(1, 2, 3, 4, 5, 6);
    assertFails(
        Kind.SHAPE,
        "3×2×2",
        () -> Dataset.read(raw(Format.CSV).withExampleShape(3, 2, 2), List.of(file), Slice.all()));
  }

  private static byte[] png(int type, int... rgb) throws IOException {
    BufferedImage image = new BufferedImage(rgb.length, 1, type);
    for (int i = 0; i < rgb.length; i++) {
      if (type == BufferedImage.TYPE_BYTE_GRAY) {
        image.getRaster().setSample(i, 0, 0, rgb[i]);
      } else {
        image.setRGB(i, 0, rgb[i]);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  @Test
  void imageFolderAsDirectoryAndZip() throws IOException {
    Path root = folder.resolve("images");
    Path archive = folder.resolve("images.zip");
    List<String> names = List.of("cat/b.png", "cat/a.png", "ant/deep/c.png", "notes.txt");
    List<byte[]> contents =
        List.of(
            png(BufferedImage.TYPE_INT_RGB, 0x010203, 0x040506),
            png(BufferedImage.TYPE_INT_RGB, 0x070809, 0x0a0b0c),
            png(BufferedImage.TYPE_INT_RGB, 0x0d0e0f, 0xff8000),
            bytes(1));
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      for (int i = 0; i < names.size(); i++) {
        Path file = root.resolve(names.get(i));
        Files.createDirectories(file.getParent());
        Files.write(file, contents.get(i));
        zip.putNextEntry(new ZipEntry(names.get(i)));
        zip.write(contents.get(i));
      }
    }
    for (Path source : List.of(root, archive)) {
      Dataset data = Dataset.read(raw(Format.IMAGE_FOLDER), List.of(source), Slice.all());
      assertThat(data.classNames()).containsExactly("ant", "cat");
      assertThat(labels(data)).containsExactly(0, 1, 1);
      assertThat(data.exampleShape()).isEqualTo(Shape.of(3, 1, 2));
      assertThat(x(data, 0)).containsExactly(0x0d, 0xff, 0x0e, 0x80, 0x0f, 0);
      assertThat(x(data, 1)).containsExactly(7, 10, 8, 11, 9, 12);
    }
  }

  @Test
  void grayImagesKeepTheirStoredValues() throws IOException {
    Path root = folder.resolve("gray");
    Files.createDirectories(root.resolve("0"));
    Files.write(root.resolve("0/a.png"), png(BufferedImage.TYPE_BYTE_GRAY, 0, 77, 255));
    Dataset data = Dataset.read(raw(Format.IMAGE_FOLDER), List.of(root), Slice.all());
    assertThat(data.exampleShape()).isEqualTo(Shape.of(1, 1, 3));
    assertThat(x(data, 0)).containsExactly(0, 77, 255);
    Files.write(root.resolve("0/b.png"), png(BufferedImage.TYPE_BYTE_GRAY, 0, 77));
    assertFails(
        Kind.SHAPE,
        "b.png",
        () -> Dataset.read(raw(Format.IMAGE_FOLDER), List.of(root), Slice.all()));
    Files.write(root.resolve("0/b.png"), bytes(1, 2, 3));
    assertFails(
        Kind.CORRUPT,
        "b.png",
        () -> Dataset.read(raw(Format.IMAGE_FOLDER), List.of(root), Slice.all()));
  }

  @Test
  void normalisationIsPerChannel() throws IOException {
    Path file =
        npz(
            "m.npz",
            false,
            npy("|u1", false, "1, 1, 1, 2", bytes(100, 50)),
            npy("|u1", false, "1,", bytes(0)));
    DataDescription description = RAW.withNormalization(100, List.of(0.5f, 1f), List.of(0.25f, 2f));
    assertThat(x(Dataset.read(description, List.of(file), Slice.all()), 0))
        .containsExactly(new float[] {2, -0.25f}, within(1e-6f));
    DataDescription wrong = RAW.withNormalization(1, List.of(1f, 2f, 3f), List.of());
    assertFails(
        Kind.SHAPE, "3 values of mean", () -> Dataset.read(wrong, List.of(file), Slice.all()));
  }

  @Test
  void slices() throws IOException {
    Path images = write("x.npy", npy("|u1", false, "4, 1, 1", bytes(10, 11, 12, 13)));
    Path labels = write("y.npy", npy("|u1", false, "4,", bytes(0, 1, 2, 3)));
    List<Path> files = List.of(images, labels);
    Dataset middle = Dataset.read(raw(Format.NPY), files, new Slice(1, 2));
    assertThat(x(middle, 0, 1)).containsExactly(11, 12);
    assertThat(labels(middle)).containsExactly(1, 2);
    assertThat(labels(middle.slice(new Slice(1, Slice.ALL)))).containsExactly(2);
    assertFails(
        Kind.MISSING,
        "offset 2 and limit 3",
        () -> Dataset.read(raw(Format.NPY), files, new Slice(2, 3)));
    assertFails(
        Kind.MISSING,
        "offset 4",
        () -> Dataset.read(raw(Format.NPY), files, new Slice(4, Slice.ALL)));
    assertFails(Kind.MISSING, "3", () -> middle.slice(Slice.first(3)));
  }

  /** Crops show the image shifted, with zeros before normalisation, or mirrored. */
  @Test
  void augmentationShiftsAndMirrors() throws IOException {
    Path file =
        npz(
            "a.npz",
            false,
            npy("|u1", false, "1, 1, 3", bytes(1, 2, 3)),
            npy("|u1", false, "1,", bytes(0)));
    Dataset data =
        Dataset.read(RAW.withNormalization(1, List.of(10f), List.of()), List.of(file), Slice.all());
    List<List<Float>> expected = new ArrayList<>();
    for (float[] row :
        new float[][] {
          {1, 2, 3}, {3, 2, 1}, {2, 3, 0}, {0, 3, 2}, {0, 1, 2}, {2, 1, 0}, {0, 0, 0}
        }) {
      expected.add(List.of(row[0] - 10, row[1] - 10, row[2] - 10));
    }
    List<List<Float>> seen = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(1);
    try (NDManager manager = Torch.newManager()) {
      for (int i = 0; i < 200; i++) {
        float[] x =
            data.batch(manager, new int[] {0}, new Augmentation(1, true), random)
                .x()
                .toFloatArray();
        seen.add(List.of(x[0], x[1], x[2]));
      }
    }
    assertThat(seen).isSubsetOf(expected).containsAll(expected);
  }

  @Test
  void batchesVisitEveryExampleOnce() {
    for (Batches batches : List.of(Batches.sequential(10, 4), Batches.shuffled(10, 4, 3))) {
      List<Integer> visited = new ArrayList<>();
      batches.forEach(b -> Arrays.stream(b).forEach(visited::add));
      assertThat(visited).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
      assertThat(batches.count()).isEqualTo(3);
    }
    assertThat(Batches.shuffled(50, 50, 1).iterator().next())
        .isEqualTo(Batches.shuffled(50, 50, 1).iterator().next())
        .isNotEqualTo(Batches.shuffled(50, 50, 2).iterator().next());
  }
}
