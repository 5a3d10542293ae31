package io.rspar.runtime.data;

import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Stored examples as they came from their files, one array per example in C×H×W order: bytes stay
 * bytes (a quarter of the memory), everything else is float32.
 *
 * @param shape of one example
 * @param values per example a {@code byte[]} (unsigned) or a {@code float[]}, all of one kind
 * @param labels per example
 * @param classNames by label; empty where the format has no names
 */
@SuppressWarnings("ArrayRecordComponent") // Handed from a reader to a data set, never compared.
record Examples(Shape shape, List<Object> values, int[] labels, List<String> classNames) {

  /** Collects examples and brings them into C×H×W order. */
  static final class Collector {
    private final DataDescription description;
    private final Slice slice;
    private final String source;
    private final List<Object> values = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();
    private Shape shape;
    private boolean channelsLast;
    private int seen;

    Collector(DataDescription description, Slice slice, String source) {
      this.description = description;
      this.slice = slice;
      this.source = source;
    }

    /** Whether the next example is before, in or after the slice: −1, 0, 1. */
    int position() {
      return slice.position(seen);
    }

    /** Passes over an example before the slice. */
    void skip() {
      seen++;
    }

    /**
     * Fixes the shape of all examples.
     *
     * @param stored extents of a stored example without the batch axis: a flat row, H×W, or three
     *     extents in the order of {@code layout}
     */
    void declareShape(Shape stored, Layout layout) {
      Shape described = description.describedShape();
      shape =
          switch (stored.rank()) {
            case 1 -> described != null ? described : stored;
            case 2 -> Shape.of(1, stored.dim(0), stored.dim(1));
            case 3 ->
                layout == Layout.CHW
                    ? stored
                    : Shape.of(stored.dim(2), stored.dim(0), stored.dim(1));
            default ->
                throw new InvalidDataException(
                    InvalidDataException.Kind.SHAPE,
                    source + " stores examples of shape " + stored,
                    "store examples as rows, height×width, or with one channel axis");
          };
      channelsLast = stored.rank() != 2 && shape.rank() == 3 && layout == Layout.HWC;
      boolean fits =
          described == null
              || (described.rank() == 1
                  ? described.elements() == stored.elements()
                  : described.equals(shape));
      if (!fits || shape.elements() != stored.elements()) {
        throw new InvalidDataException(
            InvalidDataException.Kind.SHAPE,
            source + " stores examples of shape " + stored + " but " + described + " is described",
            "correct exampleShape or layout in the request");
      }
      if (described != null && described.rank() == 1) {
        shape = described;
      }
    }

    void add(byte[] stored, long label) {
      values.add(channelsLast ? permute(stored) : stored);
      addLabel(label);
    }

    void add(float[] stored, long label) {
      for (float value : stored) {
        if (!Float.isFinite(value)) {
          throw new InvalidDataException(
              InvalidDataException.Kind.CORRUPT,
              source + " holds " + value + " in example " + seen,
              "remove or repair the example");
        }
      }
      values.add(channelsLast ? permute(stored) : stored);
      addLabel(label);
    }

    private void addLabel(long label) {
      if (label < 0 || label > 1_000_000) {
        throw new InvalidDataException(
            InvalidDataException.Kind.LABEL_OUT_OF_RANGE,
            source + " gives example " + seen + " the label " + label,
            "number the classes from 0");
      }
      labels.add((int) label);
      seen++;
    }

    private byte[] permute(byte[] stored) {
      int channels = (int) shape.dim(0);
      int area = stored.length / channels;
      byte[] planes = new byte[stored.length];
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < area; p++) {
          planes[c * area + p] = stored[p * channels + c];
        }
      }
      return planes;
    }

    private float[] permute(float[] stored) {
      int channels = (int) shape.dim(0);
      int area = stored.length / channels;
      float[] planes = new float[stored.length];
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < area; p++) {
          planes[c * area + p] = stored[p * channels + c];
        }
      }
      return planes;
    }

    /**
     * All examples of the slice.
     *
     * @throws InvalidDataException MISSING if the files hold fewer examples than the slice names
     */
    Examples finish(List<String> classNames) {
      int wanted = slice.limit() == Slice.ALL ? 1 : slice.limit();
      if (values.size() < wanted) {
        throw new InvalidDataException(
            InvalidDataException.Kind.MISSING,
            String.format(
                "%s holds %d examples, too few for offset %d and limit %s",
                source,
                seen,
                slice.offset(),
                slice.limit() == Slice.ALL ? "none" : Integer.toString(slice.limit())),
            "lower the offset or the limit");
      }
      return new Examples(
          shape,
          List.copyOf(values),
          labels.stream().mapToInt(Integer::intValue).toArray(),
          List.copyOf(classNames));
    }
  }
}
