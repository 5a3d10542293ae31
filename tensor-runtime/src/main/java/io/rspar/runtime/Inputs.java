package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.ValueInfo;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.InvalidDataException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The inputs of a model and what of the data each of them reads: arrays that the data name like an
 * input, and the examples themselves for the one input that is left. Axes of extent 1 come and go
 * as the model wants them: an image without a channel axis feeds N×1×H×W as well as N×H×W.
 *
 * @param declared the model's inputs, with their batch axis
 */
public record Inputs(List<ValueInfo> declared) {
  public Inputs {
    declared = List.copyOf(declared);
  }

  /** The inputs of a model. */
  public static Inputs of(Graph graph) {
    return new Inputs(graph.inputs());
  }

  /** Names of all inputs. */
  public Set<String> names() {
    return declared.stream().map(ValueInfo::name).collect(Collectors.toSet());
  }

  /**
   * A batch as arrays by input name.
   *
   * @return arrays of the batch, some as other views of it; the batch's manager owns them
   * @throws InvalidDataException SHAPE if not exactly one input is left for the examples, or if an
   *     array does not fit its input
   */
  public Map<String, NDArray> of(Batch batch) {
    String examples = inputOfExamples(batch.others().keySet());
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (ValueInfo input : declared) {
      NDArray array = input.name().equals(examples) ? batch.x() : batch.others().get(input.name());
      long[] given = array.getShape().getShape();
      long[] fitting = requireFit(input, given);
      arrays.put(
          input.name(),
          Arrays.equals(given, fitting)
              ? array
              : array.reshape(new ai.djl.ndarray.types.Shape(fitting)));
    }
    return arrays;
  }

  /**
   * Checks that data fit, before any of them is used.
   *
   * @throws InvalidDataException SHAPE naming input and shapes, or an input of integers whose data
   *     are scaled
   */
  public void requireFit(Dataset data) {
    String examples = inputOfExamples(data.otherShapes().keySet());
    for (ValueInfo input : declared) {
      boolean reads = input.name().equals(examples);
      Shape shape = reads ? data.exampleShape() : data.otherShapes().get(input.name());
      requireFit(input, withBatchAxis(shape));
      if (reads && !input.type().isFloatingPoint() && !data.isAsStored()) {
        throw new InvalidDataException(
            InvalidDataException.Kind.SHAPE,
            "the model's input '%s' takes integers, but the data are divided and standardised"
                .formatted(input.name()),
            "set data.normalisation.scale to 1 and leave mean and std out");
      }
    }
  }

  private static long[] withBatchAxis(Shape example) {
    long[] extents = new long[example.rank() + 1];
    extents[0] = Shape.UNKNOWN;
    System.arraycopy(example.toArray(), 0, extents, 1, example.rank());
    return extents;
  }

  /** The one input that no array is named after. */
  private String inputOfExamples(Set<String> named) {
    Set<String> left = new TreeSet<>(names());
    left.removeAll(named);
    if (left.size() != 1) {
      throw new InvalidDataException(
          InvalidDataException.Kind.SHAPE,
          String.format(
              "the model reads %s; the data name %s besides the examples",
              new TreeSet<>(names()), new TreeSet<>(named)),
          "store an array for every input in an NPZ file and name all of them in imagesKey:"
              + " input_ids,attention_mask");
    }
    return left.iterator().next();
  }

  private static long[] requireFit(ValueInfo input, long[] given) {
    return fit(input.shape(), given)
        .orElseThrow(
            () ->
                new InvalidDataException(
                    InvalidDataException.Kind.SHAPE,
                    "examples have shape %s but the model's input '%s' is %s"
                        .formatted(
                            Shape.of(Arrays.copyOfRange(given, 1, given.length)),
                            input.name(),
                            input.shape()),
                    "correct layout or exampleShape, or use the model for these data"));
  }

  /**
   * The given extents in the wanted rank, with axes of extent 1 put in or left out; the first axis
   * is that of the batch. Empty if that does not help.
   */
  private static Optional<long[]> fit(Shape wanted, long[] given) {
    if (!wanted.isRanked()) {
      return Optional.of(given);
    }
    if (given.length == wanted.rank()) {
      boolean fits = true;
      for (int axis = 1; axis < given.length; axis++) {
        fits &= !wanted.isKnown(axis) || wanted.dim(axis) == given[axis];
      }
      return fits ? Optional.of(given) : Optional.empty();
    }
    if (wanted.rank() == 0) {
      return Optional.empty();
    }
    long[] others = Arrays.stream(given).skip(1).filter(extent -> extent != 1).toArray();
    long[] result = new long[wanted.rank()];
    result[0] = given[0];
    int next = 0;
    for (int axis = 1; axis < result.length; axis++) {
      boolean single = wanted.isKnown(axis) && wanted.dim(axis) == 1;
      if (!single && next == others.length) {
        return Optional.empty();
      }
      result[axis] = single ? 1 : others[next++];
      if (wanted.isKnown(axis) && wanted.dim(axis) != result[axis]) {
        return Optional.empty();
      }
    }
    return next == others.length ? Optional.of(result) : Optional.empty();
  }
}
