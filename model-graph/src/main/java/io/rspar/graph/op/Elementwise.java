package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/**
 * An operator that computes every element of its output from the elements at the same place in its
 * inputs, which are broadcast together: activations, arithmetic, comparisons, casts. Per-tensor
 * inputs such as the bounds of {@code Clip} are scalars and couple nothing.
 */
final class Elementwise implements Operator {
  private final Result result;
  private final LongBinaryOperator onIntegers;
  private final DoubleBinaryOperator onReals;

  /** What the type of the output follows. */
  enum Result {
    FIRST_INPUT,
    SECOND_INPUT,
    BOOLEAN,
    /** The attribute {@code to} of {@code Cast}. */
    CAST
  }

  private Elementwise(Result result, LongBinaryOperator onIntegers, DoubleBinaryOperator onReals) {
    this.result = result;
    this.onIntegers = onIntegers;
    this.onReals = onReals;
  }

  static Elementwise of(Result result) {
    return new Elementwise(result, null, null);
  }

  /** An operator that also occurs in shape arithmetic; a unary one gets its input twice. */
  static Elementwise folding(
      Result result, LongBinaryOperator onIntegers, DoubleBinaryOperator onReals) {
    return new Elementwise(result, onIntegers, onReals);
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      if (node.has(i)) {
        shapes.add(aligned(node, i));
      }
    }
    if (shapes.isEmpty()) {
      throw node.malformed("no input");
    }
    Shape shape = Broadcast.shape(node, shapes);
    Optional<DataType> type = type(node);
    ValueFacts output =
        fold(node, shape, type).map(ValueFacts::of).orElse(ValueFacts.of(type, shape));
    // The mask of Dropout is the only second output of any of these.
    return List.of(output, ValueFacts.of(DataType.BOOL, shape));
  }

  /**
   * Shape of an input, with ones behind its axes where it is not aligned at the last axis: before
   * version 7 the second operand may start at any axis of the first.
   */
  private static Shape aligned(NodeFacts node, int input) {
    Shape shape = node.input(input);
    int behind = behind(node, input);
    long[] dims = Arrays.copyOf(shape.toArray(), shape.rank() + behind);
    Arrays.fill(dims, shape.rank(), dims.length, 1);
    return Shape.of(dims);
  }

  /** Number of axes of the output behind the last axis of an input. */
  private static int behind(NodeFacts node, int input) {
    long axis = node.node().intAttribute("axis", -1);
    return input != 1 || node.opset() >= 7 || axis < 0
        ? 0
        : Math.toIntExact(node.input(0).rank() - axis - node.input(1).rank());
  }

  private Optional<DataType> type(NodeFacts node) {
    return switch (result) {
      case FIRST_INPUT -> node.type(0);
      case SECOND_INPUT -> node.type(1);
      case BOOLEAN -> Optional.of(DataType.BOOL);
      case CAST -> Optional.of(DataType.ofOnnxCode((int) node.node().intAttribute("to", 0)));
    };
  }

  private Optional<Tensor> fold(NodeFacts node, Shape shape, Optional<DataType> type) {
    if (onIntegers == null || type.isEmpty() || shape.elements() > Fold.MAX_ELEMENTS) {
      return Optional.empty();
    }
    Optional<Tensor> left = node.value(0);
    Optional<Tensor> right = node.inputs().size() > 1 ? node.value(1) : left;
    if (left.isEmpty()
        || right.isEmpty()
        || node.inputs().size() > 2
        || node.node().intAttribute("fmod", 0) == 1
        || !Fold.isComputable(type.get())
        || !Fold.isComputable(left.get().type())
        || !Fold.isComputable(right.get().type())) {
      return Optional.empty();
    }
    int[] l = Fold.broadcastIndex(left.get().shape(), shape);
    int[] r = Fold.broadcastIndex(right.get().shape(), shape);
    if (left.get().type().isFloatingPoint() || right.get().type().isFloatingPoint()) {
      double[] a = Fold.doubles(left.get());
      double[] b = Fold.doubles(right.get());
      double[] values = new double[l.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = onReals.applyAsDouble(a[l[i]], b[r[i]]);
      }
      return Optional.of(
          type.get().isFloatingPoint()
              ? Fold.ofDoubles(type.get(), shape, values)
              : Fold.ofLongs(
                  type.get(), shape, Arrays.stream(values).mapToLong(v -> (long) v).toArray()));
    }
    long[] a = left.get().toLongs();
    long[] b = right.get().toLongs();
    long[] values = new long[l.length];
    for (int i = 0; i < values.length; i++) {
      if (b[r[i]] == 0 && List.of("Div", "Mod").contains(node.node().opType())) {
        throw node.malformed("division by zero");
      }
      values[i] = onIntegers.applyAsLong(a[l[i]], b[r[i]]);
    }
    return Optional.of(Fold.ofLongs(type.get(), shape, values));
  }

  @Override
  public void couple(Coupling coupling) {
    for (int i = 0; i < coupling.facts().inputs().size(); i++) {
      if (coupling.facts().has(i)) {
        Broadcast.coupleAt(coupling, i, behind(coupling.facts(), i));
      }
    }
    if (coupling.facts().outputs().size() > 1) {
      for (int axis = 0; axis < coupling.facts().output(0).rank(); axis++) {
        coupling.unify(coupling.out(0, axis), coupling.out(1, axis));
      }
    }
    Broadcast.declareParameters(coupling);
  }
}
