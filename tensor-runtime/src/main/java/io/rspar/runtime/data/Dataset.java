package io.rspar.runtime.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.graph.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.ZipException;

/**
 * Labelled examples in memory. Values stay as stored (bytes stay bytes) and are normalised when a
 * batch is asked for. Immutable, safe for use by several threads.
 */
public final class Dataset {
  private final DataDescription description;
  private final Shape exampleShape;
  private final List<Object> values;
  private final int[] labels;
  private final List<String> classNames;
  private final float[] mean;
  private final float[] inverseStd;
  private final int classes;
  private final Map<String, Dataset> others;

  private Dataset(DataDescription description, Examples examples, Map<String, Dataset> others) {
    this.others = others;
    this.description = description;
    this.exampleShape = examples.shape();
    this.values = examples.values();
    this.labels = examples.labels();
    this.classNames = examples.classNames();
    int channels = (int) exampleShape.dim(0);
    this.mean = perChannel(description.mean(), 0, channels, "mean");
    this.inverseStd = perChannel(description.std(), 1, channels, "std");
    for (int c = 0; c < channels; c++) {
      inverseStd[c] = 1 / inverseStd[c];
    }
    this.classes = Math.max(classNames.size(), Arrays.stream(labels).max().orElse(-1) + 1);
  }

  /**
   * Reads a slice of the examples in these files.
   *
   * @param files as {@link Format} says: IDX and NPY take two, NPZ and IMAGE_FOLDER one, the others
   *     one or more
   * @throws InvalidDataException if a file is missing or damaged, or holds other shapes or fewer
   *     examples than described
   */
  public static Dataset read(DataDescription description, List<Path> files, Slice slice) {
    for (Path file : files) {
      if (!Files.isReadable(file)) {
        throw new InvalidDataException(
            InvalidDataException.Kind.MISSING,
            file + " does not exist or cannot be read",
            "check the path in the request");
      }
    }
    requireFileCount(description.format(), files);
    try {
      Examples examples =
          switch (description.format()) {
            case IDX -> pair(files, description, slice, IdxFile::open);
            case NPY -> pair(files, description, slice, NumpyFile::open);
            case NPZ -> NumpyFile.readArchive(files.get(0), description, slice);
            case CIFAR_BINARY -> CifarBinary.read(files, description, slice);
            case IMAGE_FOLDER -> ImageFolder.read(files.get(0), description, slice);
            case CSV -> CsvTable.read(files, description, slice);
          };
      return new Dataset(description, examples, others(description, files, slice));
    } catch (EOFException e) {
      throw new InvalidDataException(
          InvalidDataException.Kind.CORRUPT,
          files + " is truncated" + (e.getMessage() == null ? "" : ": " + e.getMessage()),
          "copy the file again",
          e);
    } catch (ZipException e) {
      throw new InvalidDataException(
          InvalidDataException.Kind.CORRUPT,
          files + " is a damaged archive: " + e.getMessage(),
          "copy the file again",
          e);
    } catch (IOException | UncheckedIOException e) {
      throw new InvalidDataException(
          InvalidDataException.Kind.CORRUPT,
          files + " cannot be read: " + e.getMessage(),
          "check the file",
          e);
    } catch (ArithmeticException | IllegalArgumentException | IndexOutOfBoundsException e) {
      // Extents that overflow, numbers that are none: damage, or malice.
      throw new InvalidDataException(
          InvalidDataException.Kind.CORRUPT,
          files + " describes no data that can be: " + e.getMessage(),
          "copy the file again",
          e);
    }
  }

  /** The arrays of an archive for further inputs, each with the same labels. */
  private static Map<String, Dataset> others(
      DataDescription description, List<Path> files, Slice slice) throws IOException {
    Map<String, Dataset> others = new LinkedHashMap<>();
    if (description.format() == Format.NPZ) {
      for (String key : description.inputKeys().subList(1, description.inputKeys().size())) {
        DataDescription array = description.ofArray(key);
        Examples examples = NumpyFile.readArchive(files.get(0), array, slice);
        others.put(key, new Dataset(array, examples, Map.of()));
      }
    }
    return others;
  }

  /** Opens an array inside a stream. */
  private interface ArrayOpener {
    ArrayStream open(String source, InputStream in) throws IOException;
  }

  private static Examples pair(
      List<Path> files, DataDescription description, Slice slice, ArrayOpener opener)
      throws IOException {
    try (InputStream images = DataFile.open(files.get(0));
        InputStream labels = DataFile.open(files.get(1))) {
      return ArrayStream.join(
          opener.open(files.get(0).toString(), images),
          opener.open(files.get(1).toString(), labels),
          description,
          slice);
    }
  }

  private static void requireFileCount(Format format, List<Path> files) {
    boolean right =
        switch (format) {
          case IDX, NPY -> files.size() == 2;
          case NPZ, IMAGE_FOLDER -> files.size() == 1;
          case CIFAR_BINARY, CSV -> !files.isEmpty();
        };
    if (!right) {
      throw new InvalidDataException(
          InvalidDataException.Kind.MISSING,
          format + " data with " + files.size() + " files",
          "give two files (examples, labels) for IDX and NPY, one for NPZ and IMAGE_FOLDER, one or"
              + " more for CIFAR_BINARY and CSV");
    }
  }

  private static float[] perChannel(List<Float> given, float otherwise, int channels, String what) {
    float[] result = new float[channels];
    if (given.isEmpty()) {
      Arrays.fill(result, otherwise);
    } else if (given.size() == 1) {
      Arrays.fill(result, given.get(0));
    } else if (given.size() == channels) {
      for (int c = 0; c < channels; c++) {
        result[c] = given.get(c);
      }
    } else {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          given.size() + " values of " + what + " for " + channels + " channels",
          "give one value, or one per channel");
    }
    return result;
  }

  /** Number of examples. */
  public int size() {
    return labels.length;
  }

  /** Number of classes: named folders, or the largest label + 1. */
  public int classes() {
    return classes;
  }

  /** Class names by label; empty where the format has none. */
  public List<String> classNames() {
    return classNames;
  }

  /** C×H×W, or the length of a vector. */
  public Shape exampleShape() {
    return exampleShape;
  }

  /** Shapes of one example's arrays for further inputs, by the input's name. */
  public Map<String, Shape> otherShapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    others.forEach((name, data) -> shapes.put(name, data.exampleShape()));
    return shapes;
  }

  /** Whether examples are neither scaled nor standardised. */
  public boolean isAsStored() {
    return description.scale() == 1 && description.mean().isEmpty() && description.std().isEmpty();
  }

  public int label(int index) {
    return labels[index];
  }

  /**
   * The examples from {@code offset} on, sharing their memory.
   *
   * @throws InvalidDataException MISSING if there are too few
   */
  public Dataset slice(Slice slice) {
    int end = slice.limit() == Slice.ALL ? size() : slice.offset() + slice.limit();
    if (slice.offset() >= size() || end > size()) {
      throw new InvalidDataException(
          InvalidDataException.Kind.MISSING,
          "examples " + slice.offset() + " to " + end + " asked for, " + size() + " there",
          "lower the offset or the limit");
    }
    return new Dataset(
        description,
        new Examples(
            exampleShape,
            values.subList(slice.offset(), end),
            Arrays.copyOfRange(labels, slice.offset(), end),
            classNames),
        sliced(slice));
  }

  private Map<String, Dataset> sliced(Slice slice) {
    Map<String, Dataset> sliced = new LinkedHashMap<>(others);
    sliced.replaceAll((name, data) -> data.slice(slice));
    return sliced;
  }

  /**
   * Checks labels against a model.
   *
   * @throws InvalidDataException LABEL_OUT_OF_RANGE naming the first label that is too large
   */
  public void requireLabelsBelow(int classes) {
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= classes) {
        throw new InvalidDataException(
            InvalidDataException.Kind.LABEL_OUT_OF_RANGE,
            "example "
                + i
                + " has label "
                + labels[i]
                + " but the model has "
                + classes
                + " classes",
            "number the classes from 0 to " + (classes - 1) + " or use the model for these data");
      }
    }
  }

  /**
   * All examples in order, batch by batch.
   *
   * @param manager owns them
   */
  public List<Batch> batches(NDManager manager, int batchSize) {
    List<Batch> batches = new ArrayList<>();
    for (int[] indices : Batches.sequential(size(), batchSize)) {
      batches.add(batch(manager, indices));
    }
    return batches;
  }

  /** The examples with these indices, normalised, in this order. */
  public Batch batch(NDManager manager, int[] indices) {
    return batch(manager, indices, Augmentation.NONE, new SplittableRandom(0));
  }

  /**
   * The examples with these indices, changed at random and normalised, in this order.
   *
   * @param random draws the changes; a fixed seed gives fixed changes
   * @throws InvalidDataException SHAPE if vectors are to be cropped or mirrored
   */
  public Batch batch(
      NDManager manager, int[] indices, Augmentation augmentation, SplittableRandom random) {
    if (augmentation.changes() && exampleShape.rank() != 3) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          "examples of shape " + exampleShape + " cannot be cropped or mirrored",
          "turn off cropPadding and horizontalFlip, or give exampleShape as channels, height, width");
    }
    int elements = (int) exampleShape.elements();
    float[] x = new float[Math.multiplyExact(indices.length, elements)];
    long[] y = new long[indices.length];
    for (int n = 0; n < indices.length; n++) {
      y[n] = labels[indices[n]];
      if (augmentation.changes()) {
        decodeChanged(indices[n], x, n * elements, augmentation, random);
      } else {
        decode(indices[n], x, n * elements);
      }
    }
    long[] shape = new long[exampleShape.rank() + 1];
    shape[0] = indices.length;
    System.arraycopy(exampleShape.toArray(), 0, shape, 1, exampleShape.rank());
    Map<String, NDArray> further = new LinkedHashMap<>();
    others.forEach((name, data) -> further.put(name, data.inputs(manager, indices)));
    return new Batch(
        manager.create(x, new ai.djl.ndarray.types.Shape(shape)),
        manager.create(y),
        further,
        indices.clone());
  }

  private NDArray inputs(NDManager manager, int[] indices) {
    try (Batch batch = batch(manager, indices)) {
      return batch.x().duplicate();
    }
  }

  private void decode(int index, float[] into, int at) {
    Object stored = values.get(index);
    int area = (int) (exampleShape.elements() / mean.length);
    for (int c = 0; c < mean.length; c++) {
      for (int p = c * area; p < (c + 1) * area; p++) {
        into[at + p] = normalize(stored(stored, p), c);
      }
    }
  }

  private void decodeChanged(
      int index, float[] into, int at, Augmentation augmentation, SplittableRandom random) {
    Object stored = values.get(index);
    int height = (int) exampleShape.dim(1);
    int width = (int) exampleShape.dim(2);
    int padding = augmentation.cropPadding();
    int top = padding == 0 ? 0 : random.nextInt(2 * padding + 1) - padding;
    int left = padding == 0 ? 0 : random.nextInt(2 * padding + 1) - padding;
    boolean mirror = augmentation.horizontalFlip() && random.nextBoolean();
    int to = at;
    for (int c = 0; c < mean.length; c++) {
      for (int h = 0; h < height; h++) {
        for (int w = 0; w < width; w++) {
          int y = h + top;
          int x = (mirror ? width - 1 - w : w) + left;
          boolean inside = y >= 0 && y < height && x >= 0 && x < width;
          float value = inside ? stored(stored, (c * height + y) * width + x) : 0;
          into[to++] = normalize(value, c);
        }
      }
    }
  }

  private static float stored(Object values, int i) {
    return values instanceof byte[] bytes ? Byte.toUnsignedInt(bytes[i]) : ((float[]) values)[i];
  }

  private float normalize(float stored, int channel) {
    return (stored / description.scale() - mean[channel]) * inverseStd[channel];
  }
}
