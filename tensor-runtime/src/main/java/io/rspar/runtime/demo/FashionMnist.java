package io.rspar.runtime.demo;

import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The four files of Fashion-MNIST (Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset for
 * benchmarking machine learning algorithms", arXiv 1708.07747, 2017) and their division into roles
 * that do not overlap.
 *
 * @param folder holds the files under their original names
 */
record FashionMnist(Path folder) {
  /** Training file: what the network is trained on. */
  static final Slice LEARNED = new Slice(0, 56_976);

  /** Training file: what is shipped for recovery after a cut, a part of {@link #LEARNED}. */
  static final Slice TRAIN = new Slice(0, 10_000);

  /** Training file, never trained on. */
  static final Slice CALIBRATION = new Slice(56_976, 1_024);

  /** Training file, never trained on. */
  static final Slice VALIDATION = new Slice(58_000, 2_000);

  /** Test file. */
  static final Slice TEST = new Slice(0, 2_000);

  /** Mean and standard deviation over all training pixels, bytes scaled to 0…1. */
  static final DataDescription DESCRIPTION =
      DataDescription.of(Format.IDX).withNormalization(255, List.of(0.2860f), List.of(0.3530f));

  private static final int MAGIC_IMAGES = 0x00000803;

  /** Examples of the training file. */
  Dataset train(Slice slice) {
    return Dataset.read(DESCRIPTION, files("train"), slice);
  }

  /** Examples of the test file. */
  Dataset test(Slice slice) {
    return Dataset.read(DESCRIPTION, files("t10k"), slice);
  }

  private List<Path> files(String part) {
    return List.of(
        folder.resolve(part + "-images-idx3-ubyte.gz"),
        folder.resolve(part + "-labels-idx1-ubyte.gz"));
  }

  /** Writes every role as a pair of gzipped IDX files. */
  void writeSlices(Path target) throws IOException {
    write("train", TRAIN, target, "train");
    write("train", CALIBRATION, target, "calibration");
    write("train", VALIDATION, target, "validation");
    write("t10k", TEST, target, "test");
  }

  private void write(String part, Slice slice, Path target, String role) throws IOException {
    List<Path> files = files(part);
    copy(files.get(0), slice, target.resolve(role + "-images.idx.gz"));
    copy(files.get(1), slice, target.resolve(role + "-labels.idx.gz"));
  }

  /** Copies a run of entries of an IDX file of bytes. */
  private static void copy(Path from, Slice slice, Path to) throws IOException {
    try (DataInputStream in = new DataInputStream(new GZIPInputStream(Files.newInputStream(from)));
        DataOutputStream out =
            new DataOutputStream(new GZIPOutputStream(Files.newOutputStream(to)))) {
      int magic = in.readInt();
      in.readInt();
      out.writeInt(magic);
      out.writeInt(slice.limit());
      int entry = 1;
      if (magic == MAGIC_IMAGES) {
        int height = in.readInt();
        int width = in.readInt();
        out.writeInt(height);
        out.writeInt(width);
        entry = height * width;
      }
      in.skipNBytes((long) slice.offset() * entry);
      out.write(in.readNBytes(slice.limit() * entry));
    }
  }
}
