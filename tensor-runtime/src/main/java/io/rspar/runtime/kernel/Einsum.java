package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * {@code Einsum}: sums of products over labelled axes, operand by operand as matrix products. The
 * axes of an ellipsis get labels of their own.
 */
final class Einsum {
  private static final String ELLIPSIS = "...";

  private Einsum() {}

  /** An array with one label per axis. */
  private record Labelled(NDArray array, String labels) {
    long extent(char label) {
      int axis = labels.indexOf(label);
      return axis < 0 ? 1 : array.getShape().get(axis);
    }

    /** Axes in the order of {@code wanted}; labels that this has not get extent 1. */
    NDArray ordered(String wanted) {
      int[] order = wanted.chars().map(labels::indexOf).filter(axis -> axis >= 0).toArray();
      long[] shape = wanted.chars().mapToLong(label -> extent((char) label)).toArray();
      return array.transpose(order).reshape(new Shape(shape));
    }

    /** Sums over axes whose labels are not wanted. */
    Labelled summedTo(String wanted) {
      NDArray result = array;
      StringBuilder left = new StringBuilder(labels);
      for (int axis = labels.length() - 1; axis >= 0; axis--) {
        if (wanted.indexOf(labels.charAt(axis)) < 0) {
          result = result.sum(new int[] {axis});
          left.deleteCharAt(axis);
        }
      }
      return new Labelled(result, left.toString());
    }
  }

  static Kernel bind(Node node, long opset) {
    String equation = node.stringAttribute("equation", "").replace(" ", "");
    int arrow = equation.indexOf("->");
    String[] terms = (arrow < 0 ? equation : equation.substring(0, arrow)).split(",", -1);
    for (String term : terms) {
      String labels = term.replace(ELLIPSIS, "");
      Unsupported.unless(
          labels.chars().distinct().count() == labels.length(), node, "a diagonal in its equation");
    }
    String output = arrow < 0 ? implicitOutput(terms) : equation.substring(arrow + 2);
    return in -> {
      List<Labelled> operands = new ArrayList<>();
      int dots = 0;
      for (int i = 0; i < terms.length; i++) {
        int open = in.array(i).getShape().dimension() - terms[i].replace(ELLIPSIS, "").length();
        operands.add(new Labelled(in.array(i), terms[i].replace(ELLIPSIS, ellipsis(open))));
        dots = Math.max(dots, open);
      }
      String wanted = output.replace(ELLIPSIS, ellipsis(dots));
      Labelled result = operands.get(0);
      for (int i = 1; i < terms.length; i++) {
        StringBuilder later = new StringBuilder(wanted);
        operands.subList(i + 1, operands.size()).forEach(o -> later.append(o.labels()));
        result = product(result, operands.get(i), later.toString());
      }
      return new NDList(result.summedTo(wanted).ordered(wanted));
    };
  }

  /** Labels that are used once, in the order of the alphabet, after the ellipsis. */
  private static String implicitOutput(String[] terms) {
    String all = String.join("", terms);
    StringBuilder output = new StringBuilder(all.contains(ELLIPSIS) ? ELLIPSIS : "");
    TreeSet<Character> letters = new TreeSet<>();
    all.replace(".", "").chars().forEach(c -> letters.add((char) c));
    letters.stream().filter(c -> all.indexOf(c) == all.lastIndexOf(c)).forEach(output::append);
    return output.toString();
  }

  /** The last {@code n} of the labels that stand for an ellipsis: it is aligned on the right. */
  private static String ellipsis(int n) {
    String digits = "0123456789";
    return digits.substring(digits.length() - n);
  }

  /** Sums over what both have and nobody reads later; one batched matrix product. */
  private static Labelled product(Labelled left, Labelled right, String later) {
    Labelled a = left.summedTo(right.labels() + later);
    Labelled b = right.summedTo(left.labels() + later);
    StringBuilder batch = new StringBuilder();
    StringBuilder contracted = new StringBuilder();
    StringBuilder rows = new StringBuilder();
    StringBuilder columns = new StringBuilder();
    for (char label : a.labels().toCharArray()) {
      boolean shared = b.labels().indexOf(label) >= 0;
      (!shared ? rows : later.indexOf(label) >= 0 ? batch : contracted).append(label);
    }
    for (char label : b.labels().toCharArray()) {
      if (a.labels().indexOf(label) < 0) {
        columns.append(label);
      }
    }
    long[] shared = extents(a, b, batch.toString());
    long[] inner = extents(a, b, contracted.toString());
    NDArray first =
        matrix(a, batch, rows, contracted, shared, extents(a, a, rows.toString()), inner);
    NDArray second =
        matrix(b, batch, contracted, columns, shared, inner, extents(b, b, columns.toString()));
    long[] result =
        concat(shared, extents(a, a, rows.toString()), extents(b, b, columns.toString()));
    return new Labelled(
        first.matMul(second).reshape(new Shape(result)), "" + batch + rows + columns);
  }

  private static NDArray matrix(
      Labelled operand,
      CharSequence batch,
      CharSequence rows,
      CharSequence columns,
      long[] batchExtents,
      long[] rowExtents,
      long[] columnExtents) {
    NDArray ordered = operand.ordered("" + batch + rows + columns);
    return ordered
        .broadcast(new Shape(concat(batchExtents, rowExtents, columnExtents)))
        .reshape(volume(batchExtents), volume(rowExtents), volume(columnExtents));
  }

  private static long[] extents(Labelled a, Labelled b, String labels) {
    return labels
        .chars()
        .mapToLong(c -> Math.max(a.extent((char) c), b.extent((char) c)))
        .toArray();
  }

  private static long volume(long[] extents) {
    return Arrays.stream(extents).reduce(1, Math::multiplyExact);
  }

  private static long[] concat(long[]... parts) {
    return Arrays.stream(parts).flatMapToLong(Arrays::stream).toArray();
  }
}
