package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Einstein summation: axes with one label are aligned, labels that the output lacks are summed
 * over. Axes with one label are cut together. A label that occurs twice in one term (a diagonal)
 * freezes the node.
 */
final class Einsum implements Operator {
  private static final Pattern FORM = Pattern.compile("[a-zA-Z.,]*(->[a-zA-Z.]*)?");

  /**
   * The equation for operands of these ranks.
   *
   * @param operands one label per axis of each operand; the axes under an ellipsis have labels that
   *     begin with a dot and count from the last
   */
  private record Equation(List<List<String>> operands, List<String> output) {
    static Equation of(NodeFacts node) {
      String text = node.node().stringAttribute("equation", "").replace(" ", "");
      if (!FORM.matcher(text).matches()) {
        throw node.malformed("equation '" + text + "'");
      }
      int arrow = text.indexOf("->");
      String[] terms = (arrow < 0 ? text : text.substring(0, arrow)).split(",", -1);
      if (terms.length != node.node().inputs().size()) {
        throw node.malformed(
            terms.length + " terms for " + node.node().inputs().size() + " inputs");
      }
      List<List<String>> operands = new ArrayList<>();
      int ellipsis = 0;
      for (int i = 0; i < terms.length; i++) {
        int named = terms[i].replace(".", "").length();
        int rest = node.input(i).rank() - named;
        if (rest < 0 || (rest > 0 && !terms[i].contains("..."))) {
          throw node.malformed("term '" + terms[i] + "' for input " + node.input(i));
        }
        ellipsis = Math.max(ellipsis, rest);
        operands.add(labels(terms[i], rest));
      }
      List<String> output =
          arrow < 0 ? implicit(operands, ellipsis) : labels(text.substring(arrow + 2), ellipsis);
      return new Equation(operands, output);
    }

    private static List<String> labels(String term, int ellipsis) {
      List<String> labels = new ArrayList<>();
      for (int i = 0; i < term.length(); i++) {
        if (term.charAt(i) != '.') {
          labels.add(term.substring(i, i + 1));
          continue;
        }
        i += 2;
        for (int e = ellipsis; e > 0; e--) {
          labels.add("." + e);
        }
      }
      return labels;
    }

    /** Without an arrow: the ellipsis, then all labels that occur once, in alphabetical order. */
    private static List<String> implicit(List<List<String>> operands, int ellipsis) {
      List<String> all = operands.stream().flatMap(List::stream).toList();
      List<String> output = new ArrayList<>(labels("...", ellipsis));
      all.stream()
          .filter(label -> !label.startsWith("."))
          .filter(label -> all.indexOf(label) == all.lastIndexOf(label))
          .sorted()
          .forEach(output::add);
      return output;
    }

    boolean hasDiagonal() {
      return operands.stream().anyMatch(o -> new HashSet<>(o).size() < o.size());
    }
  }

  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Equation equation = Equation.of(node);
    Map<String, Long> extents = extents(node, equation);
    long[] dims = new long[equation.output().size()];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = extents.getOrDefault(equation.output().get(axis), 1L);
    }
    return List.of(ValueFacts.of(node.type(0), Shape.of(dims)));
  }

  private static Map<String, Long> extents(NodeFacts node, Equation equation) {
    Map<String, Long> extents = new LinkedHashMap<>();
    for (int i = 0; i < equation.operands().size(); i++) {
      List<String> labels = equation.operands().get(i);
      for (int axis = 0; axis < labels.size(); axis++) {
        long extent = node.input(i).dim(axis);
        Long known = extents.get(labels.get(axis));
        if (known == null || known == 1) {
          extents.put(labels.get(axis), extent);
        } else if (extent != 1 && extent != known) {
          throw node.malformed("'" + labels.get(axis) + "' is " + known + " and " + extent);
        }
      }
    }
    return extents;
  }

  /** One per combination of all labels, if there is anything to multiply. */
  @Override
  public long macs(NodeShapes node) {
    if (node.node().inputs().size() < 2) {
      return 0;
    }
    String text = node.node().stringAttribute("equation", "").replace(" ", "");
    String[] terms = text.split("->", -1)[0].split(",", -1);
    Map<Character, Long> extents = new HashMap<>();
    long ellipsis = 1;
    for (int i = 0; i < terms.length; i++) {
      Shape shape = node.input(i);
      int covered = shape.rank() - terms[i].replace(".", "").length();
      int axis = 0;
      long own = 1;
      for (int at = 0; at < terms[i].length(); at++) {
        if (terms[i].charAt(at) != '.') {
          extents.merge(terms[i].charAt(at), shape.dim(axis++), Math::max);
          continue;
        }
        at += 2;
        for (int e = 0; e < covered; e++) {
          own = Math.multiplyExact(own, shape.dim(axis++));
        }
      }
      ellipsis = Math.max(ellipsis, own);
    }
    return extents.values().stream().reduce(ellipsis, Math::multiplyExact);
  }

  @Override
  public void couple(Coupling c) {
    Equation equation = Equation.of(c.witnesses().get(0));
    if (equation.hasDiagonal()) {
      c.freezeAll("its equation takes a diagonal");
      return;
    }
    Map<String, Axis> first = new HashMap<>();
    for (int axis = 0; axis < equation.output().size(); axis++) {
      first.put(equation.output().get(axis), c.out(0, axis));
    }
    for (int i = 0; i < equation.operands().size(); i++) {
      List<String> labels = equation.operands().get(i);
      for (int axis = 0; axis < labels.size(); axis++) {
        Axis own = c.in(i, axis);
        Axis other = first.putIfAbsent(labels.get(axis), own);
        if (other != null && other.extent() != own.extent()) {
          c.freeze(own, "its only index is stretched");
          c.freeze(other, "it meets a stretched axis");
        } else if (other != null) {
          c.unify(own, other);
        }
      }
    }
    for (Map.Entry<String, Axis> axis : first.entrySet()) {
      boolean open = axis.getValue().extent() == Shape.UNKNOWN;
      if (open && !equation.output().contains(axis.getKey())) {
        c.freeze(axis.getValue(), "it is summed over, and it is open");
      }
    }
    declareRoles(c, equation);
  }

  private static void declareRoles(Coupling c, Equation equation) {
    Set<String> computed = new HashSet<>();
    for (int i = 0; i < equation.operands().size(); i++) {
      if (!c.facts().isConstant(i)) {
        computed.addAll(equation.operands().get(i));
      }
    }
    for (int i = 0; i < equation.operands().size(); i++) {
      List<String> labels = equation.operands().get(i);
      for (int axis = 0; c.facts().isConstant(i) && axis < labels.size(); axis++) {
        boolean kept = equation.output().contains(labels.get(axis));
        if (computed.isEmpty() && !kept) {
          c.freeze(c.in(i, axis), "a product of constants sums over it");
        }
        c.role(
            c.in(i, axis),
            !kept
                ? Role.CONSUMER
                : computed.contains(labels.get(axis)) ? Role.PARAMETER : Role.PRODUCER);
      }
    }
  }

  @Override
  public void mask(Masking masking) {
    Equation equation = Equation.of(masking.witnesses().get(0));
    for (int i = 0; i < equation.operands().size(); i++) {
      List<String> labels = equation.operands().get(i);
      List<Integer> summed = new ArrayList<>();
      for (int axis = 0; axis < labels.size(); axis++) {
        if (!equation.output().contains(labels.get(axis))) {
          summed.add(axis);
        }
      }
      masking.replaceInput(i, masking.masked(masking.facts().node().input(i), i, summed, 0));
    }
  }
}
