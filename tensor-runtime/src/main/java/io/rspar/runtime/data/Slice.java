package io.rspar.runtime.data;

/**
 * A run of examples.
 *
 * @param offset index of the first example
 * @param limit number of examples; {@link #ALL} = all that follow the offset
 */
public record Slice(int offset, int limit) {
  /** No limit. */
  public static final int ALL = -1;

  public Slice {
    if (offset < 0 || (limit < 1 && limit != ALL)) {
      throw new InvalidDataException(
          InvalidDataException.Kind.MISSING,
          "a slice from offset " + offset + " with limit " + limit + " holds no examples",
          "give an offset of 0 or more and a limit of 1 or more");
    }
  }

  public static Slice all() {
    return new Slice(0, ALL);
  }

  public static Slice first(int limit) {
    return new Slice(0, limit);
  }

  /** Whether the example with this index lies before, in or after the slice: −1, 0, 1. */
  int position(int index) {
    if (index < offset) {
      return -1;
    }
    return limit == ALL || index - offset < limit ? 0 : 1;
  }
}
