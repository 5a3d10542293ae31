package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Attribute;
import io.rspar.graph.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * {@code RNN}, {@code GRU} and {@code LSTM}, step by step. Gates are stacked as ONNX does: LSTM i,
 * o, f, c; GRU z, r, h. X is T×N×I, W is D×G·H×I, R is D×G·H×H, B is D×2·G·H for D directions, G
 * gates and H hidden units.
 */
final class Recurrence {
  private Recurrence() {}

  /** What one step reads and writes. */
  private record State(NDArray h, NDArray c) {}

  /** The weights of one direction. */
  private record Direction(
      NDArray w, NDArray r, NDArray inputBias, NDArray hiddenBias, NDArray peepholes) {}

  @FunctionalInterface
  private interface Cell {
    State step(NDArray fromInput, State before, Direction weights);
  }

  static Kernel bind(Node node, long opset) {
    Unsupported.unless(!node.attributes().containsKey("clip"), node, "clipping of gates");
    Unsupported.unless(node.intAttribute("input_forget", 0) == 0, node, "coupled gates");
    String direction = node.stringAttribute("direction", "forward");
    int directions = direction.equals("bidirectional") ? 2 : 1;
    boolean batchFirst = node.intAttribute("layout", 0) != 0;
    List<Cell> cells = cells(node, directions);
    return in -> {
      NDArray x = batchFirst ? in.array(0).swapAxes(0, 1) : in.array(0);
      requireWholeSequences(node, in, x.getShape().get(0));
      NDList sequences = new NDList();
      NDList hidden = new NDList();
      NDList memory = new NDList();
      for (int d = 0; d < directions; d++) {
        boolean backwards = direction.equals("reverse") || d == 1;
        List<State> states =
            run(x, cells.get(d), weights(in, d), start(in, d, x, batchFirst), backwards);
        NDList steps = new NDList();
        for (int t = 0; t < states.size(); t++) {
          steps.add(states.get(backwards ? states.size() - 1 - t : t).h());
        }
        sequences.add(NDArrays.stack(steps, 0));
        State last = states.get(states.size() - 1);
        hidden.add(last.h());
        if (last.c() != null) {
          memory.add(last.c());
        }
      }
      NDArray y = NDArrays.stack(sequences, 1);
      NDList outputs = new NDList(batchFirst ? y.transpose(2, 0, 1, 3) : y);
      outputs.add(joined(hidden, batchFirst));
      if (!memory.isEmpty()) {
        outputs.add(joined(memory, batchFirst));
      }
      return outputs;
    };
  }

  private static NDArray joined(NDList states, boolean batchFirst) {
    return NDArrays.stack(states, batchFirst ? 1 : 0);
  }

  private static void requireWholeSequences(Node node, Operands in, long steps) {
    boolean whole =
        in.optionalIntegers(4).map(n -> Arrays.stream(n).allMatch(l -> l == steps)).orElse(true);
    Unsupported.unless(whole, node, "sequences of different lengths");
  }

  private static List<State> run(
      NDArray x, Cell cell, Direction weights, State start, boolean backwards) {
    int steps = (int) x.getShape().get(0);
    NDArray fromInput = x.matMul(weights.w().transpose());
    if (weights.inputBias() != null) {
      fromInput = fromInput.add(weights.inputBias());
    }
    List<State> states = new ArrayList<>();
    State state = start;
    for (int t = 0; t < steps; t++) {
      state = cell.step(fromInput.get(backwards ? steps - 1 - t : t), state, weights);
      states.add(state);
    }
    return states;
  }

  private static Direction weights(Operands in, int d) {
    NDArray inputBias = null;
    NDArray hiddenBias = null;
    if (in.has(3)) {
      NDArray both = in.array(3).get(d);
      long half = both.size() / 2;
      inputBias = Axes.stride(both, 0, 0, half, 1);
      hiddenBias = Axes.stride(both, 0, half, 2 * half, 1);
    }
    return new Direction(
        in.array(1).get(d),
        in.array(2).get(d),
        inputBias,
        hiddenBias,
        in.has(7) ? in.array(7).get(d) : null);
  }

  private static State start(Operands in, int d, NDArray x, boolean batchFirst) {
    long units = in.array(2).getShape().get(2);
    NDArray zeros = x.getManager().zeros(new Shape(x.getShape().get(1), units));
    return new State(initial(in, 5, d, batchFirst, zeros), initial(in, 6, d, batchFirst, zeros));
  }

  private static NDArray initial(Operands in, int i, int d, boolean batchFirst, NDArray zeros) {
    if (!in.has(i)) {
      return zeros;
    }
    return (batchFirst ? in.array(i).swapAxes(0, 1) : in.array(i)).get(d);
  }

  private static List<Cell> cells(Node node, int directions) {
    List<String> defaults =
        switch (node.opType()) {
          case "LSTM" -> List.of("Sigmoid", "Tanh", "Tanh");
          case "GRU" -> List.of("Sigmoid", "Tanh");
          default -> List.of("Tanh");
        };
    List<String> names = new ArrayList<>();
    if (node.attributes().get("activations") instanceof Attribute.OfStrings given) {
      names.addAll(given.values());
    } else {
      for (int d = 0; d < directions; d++) {
        names.addAll(defaults);
      }
    }
    boolean resetLast = node.intAttribute("linear_before_reset", 0) != 0;
    List<Cell> cells = new ArrayList<>();
    for (int d = 0; d < directions; d++) {
      List<UnaryOperator<NDArray>> f = new ArrayList<>();
      for (int i = 0; i < defaults.size(); i++) {
        f.add(activation(node, names.get(d * defaults.size() + i)));
      }
      cells.add(
          switch (node.opType()) {
            case "LSTM" -> (x, s, w) -> lstm(x, s, w, f);
            case "GRU" -> (x, s, w) -> gru(x, s, w, f, resetLast);
            default ->
                (x, s, w) -> new State(f.get(0).apply(x.add(fromHidden(s.h(), w.r(), w))), null);
          });
    }
    return cells;
  }

  private static UnaryOperator<NDArray> activation(Node node, String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "sigmoid" -> x -> x.getNDArrayInternal().sigmoid();
      case "tanh" -> NDArray::tanh;
      case "relu" -> x -> x.getNDArrayInternal().relu();
      case "softsign" -> x -> x.getNDArrayInternal().softSign();
      case "softplus" -> x -> x.getNDArrayInternal().softPlus();
      default -> throw Unsupported.form(node, "activation " + name);
    };
  }

  private static NDArray fromHidden(NDArray h, NDArray r, Direction weights) {
    NDArray product = h.matMul(r.transpose());
    return weights.hiddenBias() == null ? product : product.add(weights.hiddenBias());
  }

  /** The g-th of several equal parts of the last axis. */
  private static NDArray part(NDArray gates, int g, long units) {
    return Axes.stride(gates, gates.getShape().dimension() - 1, g * units, (g + 1) * units, 1);
  }

  private static State lstm(
      NDArray x, State s, Direction w, List<UnaryOperator<NDArray>> functions) {
    long units = s.h().getShape().get(1);
    NDArray gates = x.add(fromHidden(s.h(), w.r(), w));
    NDArray i = functions.get(0).apply(peeped(part(gates, 0, units), w, 0, s.c()));
    NDArray f = functions.get(0).apply(peeped(part(gates, 2, units), w, 2, s.c()));
    NDArray candidate = functions.get(1).apply(part(gates, 3, units));
    NDArray c = f.mul(s.c()).add(i.mul(candidate));
    NDArray o = functions.get(0).apply(peeped(part(gates, 1, units), w, 1, c));
    return new State(o.mul(functions.get(2).apply(c)), c);
  }

  private static NDArray peeped(NDArray gate, Direction w, int g, NDArray c) {
    long units = gate.getShape().get(1);
    return w.peepholes() == null ? gate : gate.add(c.mul(part(w.peepholes(), g, units)));
  }

  private static State gru(
      NDArray x, State s, Direction w, List<UnaryOperator<NDArray>> functions, boolean resetLast) {
    NDArray h = s.h();
    long units = h.getShape().get(1);
    NDArray all = fromHidden(h, w.r(), w);
    NDArray z = functions.get(0).apply(part(x, 0, units).add(part(all, 0, units)));
    NDArray r = functions.get(0).apply(part(x, 1, units).add(part(all, 1, units)));
    NDArray hidden;
    if (resetLast) {
      hidden = r.mul(part(all, 2, units));
    } else {
      NDArray rows = Axes.stride(w.r(), 0, 2 * units, 3 * units, 1);
      hidden = r.mul(h).matMul(rows.transpose());
      if (w.hiddenBias() != null) {
        hidden = hidden.add(part(w.hiddenBias(), 2, units));
      }
    }
    NDArray candidate = functions.get(1).apply(part(x, 2, units).add(hidden));
    return new State(candidate.add(z.mul(h.sub(candidate))), null);
  }
}
