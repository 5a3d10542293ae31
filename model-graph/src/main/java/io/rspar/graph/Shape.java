package io.rspar.graph;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The extent of a tensor along each axis. An extent that the model leaves open (a batch size, say)
 * is {@link #UNKNOWN}.
 */
public final class Shape {
  /** The extent of an axis that is not known before the model runs. */
  public static final long UNKNOWN = -1;

  /** The shape of a value about which not even the rank is known. */
  public static final Shape UNRANKED = new Shape((long[]) null);

  private static final Shape SCALAR = new Shape();

  private final long[] dims;

  private Shape(long... dims) {
    this.dims = dims;
  }

  /**
   * A shape with these extents.
   *
   * @param dims extents, outermost axis first; {@link #UNKNOWN} where open
   */
  public static Shape of(long... dims) {
    for (long dim : dims) {
      if (dim < UNKNOWN) {
        throw new IllegalArgumentException("negative extent in " + Arrays.toString(dims));
      }
    }
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  public static Shape of(List<Long> dims) {
    return of(dims.stream().mapToLong(Long::longValue).toArray());
  }

  /** Whether the number of axes is known; nothing else may be asked of a shape without rank. */
  public boolean isRanked() {
    return dims != null;
  }

  /**
   * Number of axes.
   *
   * @throws IllegalStateException if it is not known
   */
  public int rank() {
    return known().length;
  }

  /** Extent of an axis; a negative axis counts from the last. */
  public long dim(int axis) {
    long[] extents = known();
    return extents[axis < 0 ? axis + extents.length : axis];
  }

  public boolean isKnown(int axis) {
    return dim(axis) != UNKNOWN;
  }

  /** Whether every extent is known. */
  public boolean isStatic() {
    return isRanked() && Arrays.stream(dims).noneMatch(d -> d == UNKNOWN);
  }

  /**
   * Number of elements.
   *
   * @throws IllegalStateException if an extent is not known
   * @throws ArithmeticException if the product exceeds 2⁶³ − 1
   */
  public long elements() {
    long product = 1;
    for (long dim : known()) {
      if (dim == UNKNOWN) {
        throw new IllegalStateException("the number of elements of " + this + " is not known");
      }
      product = Math.multiplyExact(product, dim);
    }
    return product;
  }

  /** This shape with another extent along one axis. */
  public Shape withDim(int axis, long dim) {
    long[] copy = known().clone();
    copy[axis < 0 ? axis + dims.length : axis] = dim;
    return of(copy);
  }

  public long[] toArray() {
    return known().clone();
  }

  private long[] known() {
    if (dims == null) {
      throw new IllegalStateException("the number of axes is not known");
    }
    return dims;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape that && Arrays.equals(dims, that.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** For people: {@code 16×3×3×3}, open extents as {@code ?}. */
  @Override
  public String toString() {
    if (dims == null) {
      return "unranked";
    }
    return dims.length == 0
        ? "scalar"
        : Arrays.stream(dims)
            .mapToObj(d -> d == UNKNOWN ? "?" : Long.toString(d))
            .collect(Collectors.joining("×"));
  }
}
