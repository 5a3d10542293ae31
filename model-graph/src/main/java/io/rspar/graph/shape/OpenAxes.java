package io.rspar.graph.shape;

import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.ValueInfo;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/**
 * Concrete extents for the axes that a model leaves open. Axes with the same symbol get the same
 * extent; one whose symbol is a sum ({@code past + sequence}) gets the sum.
 */
final class OpenAxes {
  /** Batch sizes to try: small, odd, and different from each other and from usual extents. */
  private static final int[] BATCHES = {3, 5, 7, 11, 13, 17, 19, 23};

  /**
   * Other open axes are lengths of sequences or sides of images: multiples of these are divided
   * evenly by usual strides. Where they are too small for the model's windows (of an audio model,
   * say), the large ones are tried; where they are longer than its table of positions, the small
   * ones.
   */
  private static final List<Long> UNITS = List.of(64L, 1024L, 16L, 8L, 4L, 2L);

  /**
   * Some models declare an axis open of which one extent alone goes through: positions of so many
   * patches are added, or so many features flattened. Usual sides of images and lengths of texts;
   * the small ones last, because a single patch could be stretched to any number of positions.
   */
  private static final List<Long> FITTING =
      List.of(
          224L, 256L, 384L, 299L, 512L, 128L, 96L, 112L, 160L, 192L, 197L, 240L, 260L, 300L, 320L,
          336L, 416L, 448L, 480L, 518L, 640L, 100L, 77L, 64L, 50L, 48L, 36L, 32L, 28L, 20L, 10L);

  private static final String NUMBER = "[1-9]\\d{0,8}";

  private OpenAxes() {}

  static boolean exist(Graph graph) {
    return graph.inputs().stream()
        .map(ValueInfo::shape)
        .anyMatch(shape -> shape.isRanked() && !shape.isStatic());
  }

  /**
   * Shapes of the graph's inputs.
   *
   * @param witnesses two sets of shapes, or one where nothing differs
   * @param example one more for a single example: first axes are 1
   */
  record Choice(List<Map<String, Shape>> witnesses, Map<String, Shape> example) {}

  /**
   * What to try, best first. In the first choices every open axis has two extents; the later ones
   * are for models that declare more axes open than they are, and hold the batch or all else at
   * one.
   */
  static Set<Choice> choices(Graph graph) {
    Set<Choice> choices = new LinkedHashSet<>();
    for (long unit : UNITS) {
      // Open axes without names may have to be equal: two inputs with one batch, say.
      for (boolean distinct : new boolean[] {true, false}) {
        choices.add(
            choice(graph, unit, at -> shapes(graph, batches(at), multiples(unit, at), distinct)));
      }
    }
    for (long side : FITTING) {
      choices.add(choice(graph, side, at -> shapes(graph, batches(at), i -> side, false)));
    }
    for (long unit : UNITS) {
      choices.add(choice(graph, unit, at -> shapes(graph, i -> 1, multiples(unit, at), false)));
    }
    for (long side : FITTING) {
      choices.add(choice(graph, side, at -> shapes(graph, i -> 1, i -> side, false)));
    }
    return choices;
  }

  private static Choice choice(Graph graph, long extent, IntFunction<Map<String, Shape>> shapes) {
    return new Choice(
        IntStream.range(0, 2).mapToObj(shapes).distinct().toList(), example(graph, extent));
  }

  /** One example in the extents that suit most models. */
  static Map<String, Shape> example(Graph graph) {
    return example(graph, UNITS.get(0));
  }

  private static Map<String, Shape> example(Graph graph, long extent) {
    return shapes(graph, i -> 1, i -> extent, false);
  }

  private static IntToLongFunction batches(int at) {
    return symbol -> {
      int index = 2 * symbol + at;
      return BATCHES[index % BATCHES.length] + (long) index / BATCHES.length * 24;
    };
  }

  private static IntToLongFunction multiples(long unit, int at) {
    return symbol -> unit * (2L * symbol + at + 1);
  }

  /**
   * Shapes with an extent for every symbol.
   *
   * @param batches extent of a first axis, by the number of its symbol among those of first axes
   * @param others extent of another axis, by the number of its symbol among those of other axes
   * @param distinct whether axes without a common symbol have different numbers; otherwise all
   *     first axes have one, and all others at the same place
   */
  private static Map<String, Shape> shapes(
      Graph graph, IntToLongFunction batches, IntToLongFunction others, boolean distinct) {
    Symbols firstAxes = new Symbols(batches);
    Symbols otherAxes = new Symbols(others);
    Map<String, Long> extents = new HashMap<>();
    Map<String, Shape> shapes = new LinkedHashMap<>();
    for (ValueInfo input : graph.inputs()) {
      Shape shape = input.shape();
      for (int axis = 0; shape.isRanked() && axis < shape.rank(); axis++) {
        if (!shape.isKnown(axis)) {
          Symbols symbols = axis == 0 ? firstAxes : otherAxes;
          String place = "axis " + axis;
          long sum = 0;
          for (String term : terms(input, axis)) {
            String symbol = distinct ? term : place;
            sum +=
                term.matches(NUMBER)
                    ? Long.parseLong(term)
                    : extents.computeIfAbsent(term, t -> symbols.extent(symbol));
          }
          shape = shape.withDim(axis, sum);
        }
      }
      if (shape.isRanked()) {
        shapes.put(input.name(), shape);
      }
    }
    return shapes;
  }

  /**
   * What an open extent is the sum of: symbols and numbers; one that no other axis has, if none.
   */
  private static List<String> terms(ValueInfo input, int axis) {
    List<String> terms =
        Arrays.stream(input.symbols().get(axis).split("\\+"))
            .map(String::strip)
            .filter(term -> !term.isEmpty())
            .toList();
    return terms.isEmpty() ? List.of(input.name() + " axis " + axis) : terms;
  }

  /** Symbols in the order in which they are met, each with an extent by its number. */
  private record Symbols(Map<String, Integer> numbers, IntToLongFunction extents) {
    Symbols(IntToLongFunction extents) {
      this(new HashMap<>(), extents);
    }

    long extent(String symbol) {
      return extents.applyAsLong(numbers.computeIfAbsent(symbol, s -> numbers.size()));
    }
  }
}
