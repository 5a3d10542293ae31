package io.rspar.runtime.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * {@code If}, {@code Loop} and {@code Scan}: which subgraph runs, and how often. Gradients pass
 * through the trips that were made.
 */
public final class ControlFlow {
  private static final Set<String> OPERATORS = Set.of("If", "Loop", "Scan");

  /** A loop that has not ended by now never will. */
  private static final long MOST_TRIPS = 100_000;

  private ControlFlow() {}

  /** A subgraph that a node runs. */
  @FunctionalInterface
  public interface Body {
    /**
     * One run.
     *
     * @param node what the node reads, captured values included
     * @param inputs values of the subgraph's inputs, in order
     * @return values of its outputs, in order, as fresh handles
     */
    NDList run(Operands node, NDList inputs);
  }

  /** Whether a node runs subgraphs that this class knows to run. */
  public static boolean isKnown(Node node) {
    return node.domain().isEmpty() && OPERATORS.contains(node.opType());
  }

  /**
   * The operator of a node.
   *
   * @param node as in the graph; when it runs, captured values follow its own inputs
   * @param bodies the subgraphs by attribute
   */
  public static Kernel bind(Node node, Function<String, Body> bodies) {
    return switch (node.opType()) {
      case "If" -> branch(node, bodies.apply("then_branch"), bodies.apply("else_branch"));
      case "Loop" -> loop(node, bodies.apply("body"));
      default -> scan(node, bodies.apply("body"));
    };
  }

  private static Kernel branch(Node node, Body then, Body otherwise) {
    return in -> (isTrue(node, in.array(0)) ? then : otherwise).run(in, new NDList());
  }

  private static boolean isTrue(Node node, NDArray condition) {
    Unsupported.unless(
        condition.size() == 1, node, "a condition of " + condition.size() + " parts");
    try (NDArray number = condition.toType(DataType.INT64, true)) {
      return number.toLongArray()[0] != 0;
    }
  }

  /**
   * Inputs are the number of trips, the condition and the carried values; the subgraph reads trip,
   * condition and carried values, and gives condition, carried values and what is collected.
   */
  private static Kernel loop(Node node, Body body) {
    int carriedCount = node.inputs().size() - 2;
    return in -> {
      Optional<Long> trips = in.optionalIntegers(0).map(count -> count[0]);
      boolean goesOn = !in.has(1) || isTrue(node, in.array(1));
      NDList carried = new NDList();
      for (int i = 0; i < carriedCount; i++) {
        carried.add(Axes.alias(in.array(i + 2)));
      }
      List<NDList> collected = new ArrayList<>();
      for (long trip = 0; goesOn && trip < trips.orElse(MOST_TRIPS + 1); trip++) {
        requireEnd(node, trip);
        NDList inputs = new NDList(in.manager().create(trip), in.manager().create(goesOn));
        inputs.addAll(carried);
        NDList outputs = body.run(in, inputs);
        goesOn = isTrue(node, outputs.get(0));
        carried = new NDList(outputs.subList(1, 1 + carriedCount));
        collected.add(new NDList(outputs.subList(1 + carriedCount, outputs.size())));
      }
      NDList results = new NDList(carried);
      for (int i = 0; i < node.outputs().size() - carriedCount; i++) {
        results.add(stacked(node, collected, i, 0, false));
      }
      return results;
    };
  }

  private static void requireEnd(Node node, long trip) {
    if (trip >= MOST_TRIPS) {
      throw new InvalidModelException(
          InvalidModelException.Kind.UNSUPPORTED,
          node.describe() + " has not ended after " + trip + " trips",
          "export the model with a number of trips, or unrolled");
    }
  }

  /** What was collected in all trips, along a new axis. */
  private static NDArray stacked(
      Node node, List<NDList> collected, int which, long axis, boolean backwards) {
    Unsupported.unless(!collected.isEmpty(), node, "no trip at all, so that nothing is collected");
    NDList parts = new NDList();
    for (NDList trip : collected) {
      parts.add(backwards ? 0 : parts.size(), trip.get(which));
    }
    int rank = parts.get(0).getShape().dimension() + 1;
    return NDArrays.stack(parts, Axes.of(axis, rank));
  }

  /**
   * Inputs are carried values and sequences; the subgraph reads carried values and one element of
   * each sequence, and gives carried values and elements of the sequences that come out.
   */
  private static Kernel scan(Node node, Body body) {
    int sequences = (int) node.intAttribute("num_scan_inputs", 0);
    int carriedCount = node.inputs().size() - sequences;
    return in -> {
      NDList carried = new NDList();
      for (int i = 0; i < carriedCount; i++) {
        carried.add(Axes.alias(in.array(i)));
      }
      NDList read = new NDList();
      for (int i = 0; i < sequences; i++) {
        NDArray sequence = in.array(carriedCount + i);
        int axis = Axes.of(entry(node, "scan_input_axes", i), sequence.getShape().dimension());
        read.add(Axes.move(sequence, axis, 0));
      }
      long trips = read.get(0).getShape().get(0);
      List<NDList> collected = new ArrayList<>();
      for (long trip = 0; trip < trips; trip++) {
        NDList inputs = new NDList(carried);
        for (int i = 0; i < sequences; i++) {
          boolean backwards = entry(node, "scan_input_directions", i) == 1;
          inputs.add(read.get(i).get(backwards ? trips - 1 - trip : trip));
        }
        NDList outputs = body.run(in, inputs);
        carried = new NDList(outputs.subList(0, carriedCount));
        collected.add(new NDList(outputs.subList(carriedCount, outputs.size())));
      }
      NDList results = new NDList(carried);
      for (int i = 0; i < node.outputs().size() - carriedCount; i++) {
        boolean backwards = entry(node, "scan_output_directions", i) == 1;
        results.add(stacked(node, collected, i, entry(node, "scan_output_axes", i), backwards));
      }
      return results;
    };
  }

  /** An element of an attribute; 0 where the attribute is left out. */
  private static long entry(Node node, String attribute, int i) {
    return node.intsAttribute(attribute).map(values -> values[i]).orElse(0L);
  }
}
