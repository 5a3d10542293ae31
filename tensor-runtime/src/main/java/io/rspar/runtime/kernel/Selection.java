package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.LongStream;

/** Operators that join, cut and pad along axes. */
final class Selection {
  private Selection() {}

  static Kernel concat(Node node, long opset) {
    long axis = node.intAttribute("axis", 1);
    return in -> {
      NDList parts = new NDList();
      for (int i = 0; i < in.count(); i++) {
        parts.add(in.array(i));
      }
      int at = Axes.of(axis, parts.get(0).getShape().dimension());
      return new NDList(parts.size() == 1 ? Axes.alias(parts.get(0)) : NDArrays.concat(parts, at));
    };
  }

  /** Attributes before operator set 10, inputs since. Steps may be negative. */
  static Kernel slice(Node node, long opset) {
    return in -> {
      NDArray x = in.array(0);
      long[] starts = required(node, in, "starts", 1);
      long[] ends = required(node, in, "ends", 2);
      long[] axes =
          Axes.attributeOrInput(node, in, "axes", 3)
              .orElseGet(() -> LongStream.range(0, starts.length).toArray());
      long[] steps = in.optionalIntegers(4).orElseGet(() -> Window.filled(starts.length, 1));
      NDArray result = Axes.alias(x);
      for (int i = 0; i < axes.length; i++) {
        int axis = Axes.of(axes[i], x.getShape().dimension());
        result = slice(result, axis, starts[i], ends[i], steps[i]);
      }
      return new NDList(result);
    };
  }

  private static NDArray slice(NDArray x, int axis, long start, long end, long step) {
    long extent = x.getShape().get(axis);
    long low = step > 0 ? 0 : -1;
    long high = step > 0 ? extent : extent - 1;
    long from = Math.max(step > 0 ? 0 : -1, Math.min(high, start < 0 ? start + extent : start));
    long to = Math.max(low, Math.min(high + (step > 0 ? 0 : 1), end < 0 ? end + extent : end));
    if (step > 0) {
      return to <= from ? empty(x, axis) : Axes.stride(x, axis, from, to, step);
    }
    long[] indices = LongStream.iterate(from, i -> i > to, i -> i + step).toArray();
    return Axes.pick(x, axis, indices);
  }

  private static NDArray empty(NDArray x, int axis) {
    long[] shape = x.getShape().getShape();
    shape[axis] = 0;
    return x.getManager().zeros(new Shape(shape), x.getDataType());
  }

  private static long[] required(Node node, Operands in, String name, int input) {
    return Axes.attributeOrInput(node, in, name, input)
        .orElseThrow(() -> Unsupported.form(node, "no " + name));
  }

  /** Constant, or with what is inside; negative amounts cut. */
  static Kernel pad(Node node, long opset) {
    String mode = node.stringAttribute("mode", "constant");
    Unsupported.unless(
        Set.of("constant", "reflect", "edge", "wrap").contains(mode), node, "padding mode " + mode);
    return in -> {
      NDArray x = in.array(0);
      int rank = x.getShape().dimension();
      long[] pads = required(node, in, "pads", 1);
      float value = in.scalar(2, node.floatAttribute("value", 0));
      long[] axes =
          in.optionalIntegers(3).orElseGet(() -> LongStream.range(0, pads.length / 2).toArray());
      long[] begin = new long[rank];
      long[] end = new long[rank];
      for (int i = 0; i < axes.length; i++) {
        begin[Axes.of(axes[i], rank)] = pads[i];
        end[Axes.of(axes[i], rank)] = pads[axes.length + i];
      }
      NDArray cut = Axes.alias(x);
      for (int axis = 0; axis < rank; axis++) {
        if (begin[axis] < 0 || end[axis] < 0) {
          long from = Math.max(0, -begin[axis]);
          long to = x.getShape().get(axis) + Math.min(0, end[axis]);
          cut = Axes.stride(cut, axis, from, to, 1);
          begin[axis] = Math.max(0, begin[axis]);
          end[axis] = Math.max(0, end[axis]);
        }
      }
      if (mode.equals("constant")) {
        return new NDList(Window.pad(cut, begin, end, value));
      }
      for (int axis = 0; axis < rank; axis++) {
        if (begin[axis] > 0 || end[axis] > 0) {
          long extent = cut.getShape().get(axis);
          long[] indices =
              LongStream.range(-begin[axis], extent + end[axis])
                  .map(
                      i ->
                          switch (mode) {
                            case "edge" -> clamp(i, extent);
                            case "wrap" -> Math.floorMod(i, extent);
                            default -> reflect(i, extent);
                          })
                  .toArray();
          cut = Axes.pick(cut, axis, indices);
        }
      }
      return new NDList(cut);
    };
  }

  private static long clamp(long i, long extent) {
    return Math.max(0, Math.min(extent - 1, i));
  }

  private static long reflect(long i, long extent) {
    return i < 0 ? -i : i >= extent ? 2 * (extent - 1) - i : i;
  }

  static Kernel split(Node node, long opset) {
    long axis = node.intAttribute("axis", 0);
    int parts = node.outputs().size();
    return in -> {
      NDArray x = in.array(0);
      int at = Axes.of(axis, x.getShape().dimension());
      long extent = x.getShape().get(at);
      long[] lengths =
          Axes.attributeOrInput(node, in, "split", 1).orElseGet(() -> equalParts(extent, parts));
      NDList outputs = new NDList();
      long from = 0;
      for (long length : lengths) {
        outputs.add(Axes.stride(x, at, from, from + length, 1));
        from += length;
      }
      return outputs;
    };
  }

  /** Equal lengths, the last one smaller where the extent is not divisible. */
  private static long[] equalParts(long extent, int parts) {
    long length = (extent + parts - 1) / parts;
    long[] lengths = Window.filled(parts, length);
    lengths[parts - 1] = extent - length * (parts - 1);
    return lengths;
  }

  static Kernel gather(Node node, long opset) {
    long axis = node.intAttribute("axis", 0);
    return in -> {
      NDArray x = in.array(0);
      long[] shape = x.getShape().getShape();
      int at = Axes.of(axis, shape.length);
      NDArray given = in.array(1);
      long[] indices = Arrays.stream(in.integers(1)).map(i -> i < 0 ? i + shape[at] : i).toArray();
      NDArray picked = Axes.pick(x, at, indices);
      return new NDList(picked.reshape(Axes.splice(shape, at, given.getShape().getShape())));
    };
  }

  /** {@code ReverseSequence}: the first elements of every example, as many as it has. */
  static Kernel reverseSequence(Node node, long opset) {
    int batchAxis = (int) node.intAttribute("batch_axis", 1);
    boolean swap = batchAxis == 1;
    return in -> {
      NDArray x = swap ? in.array(0).swapAxes(0, 1) : in.array(0);
      long[] shape = x.getShape().getShape();
      long[] lengths = in.integers(1);
      long[] rows = new long[(int) (shape[0] * shape[1])];
      for (int i = 0; i < rows.length; i++) {
        long example = i / shape[1];
        long step = i % shape[1];
        long length = lengths[(int) example];
        rows[i] = example * shape[1] + (step < length ? length - 1 - step : step);
      }
      long[] flat = new long[] {rows.length, x.size() / rows.length};
      NDArray reversed = Axes.pick(x.reshape(new Shape(flat)), 0, rows).reshape(x.getShape());
      return new NDList(swap ? reversed.swapAxes(0, 1) : reversed);
    };
  }
}
