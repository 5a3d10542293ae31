package io.rspar.benchmarks.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.CpuTime;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Plot;
import io.rspar.benchmarks.Table;
import io.rspar.benchmarks.networks.ResNets;
import io.rspar.events.CalibrationSettings;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.kit.plot.Series.Point;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.sensitivity.criterion.Subject;
import io.rspar.sensitivity.curvature.FactorSink;
import io.rspar.sensitivity.curvature.Ledger;
import io.rspar.sensitivity.curvature.Ledger.Phase;
import io.rspar.sensitivity.obs.Hobs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * Time of the whole H-OBS analysis (curvature, inverses, curves; no anchors) over that of plain
 * forward and backward passes over the same examples in the same runtime, one after the other, and
 * where it goes. Weights are random: time does not depend on them. Both are run on two batches
 * before, so that neither pays for the virtual machine having just started.
 *
 * <p>Passes and factors grow with the examples; inverses and curves do not, so the ratio falls with
 * their number. ResNet-38 has twice the layers of ResNet-20: equal ratios mean a cost that is
 * linear in the layers.
 */
public final class KfacCost implements Benchmark {
  /**
   * A network to measure.
   *
   * @param graph from a seed
   * @param pixels rows and columns of its images
   * @param classes that it tells apart
   * @param samples calibration examples
   * @param batchSize examples per pass
   */
  record Case(LongFunction<Graph> graph, int pixels, int classes, int samples, int batchSize) {}

  private static final List<Case> CASES =
      List.of(
          new Case(ResNets::resNet20, 32, 10, 1024, 64),
          new Case(ResNets::resNet38, 32, 10, 1024, 64),
          new Case(ResNets::resNet50, 224, 1000, 256, 16));

  /** Layers and groups in the table of the costliest. */
  private static final int LISTED = 8;

  private final List<Case> cases;

  public KfacCost() {
    this(CASES);
  }

  KfacCost(List<Case> cases) {
    this.cases = List.copyOf(cases);
  }

  @Override
  public String name() {
    return "kfac-cost";
  }

  @Override
  public String summary() {
    return "time and memory of H-OBS over those of plain forward and backward passes";
  }

  /** Seconds by the clock and of the processors. */
  private record Time(double wall, double cpu) {
    Time plus(Time other) {
      return new Time(wall + other.wall, cpu + other.cpu);
    }
  }

  private static final class Stopwatch {
    private final long start = System.nanoTime();
    private final double cpu = CpuTime.seconds();

    Time time() {
      return new Time((System.nanoTime() - start) / 1e9, CpuTime.seconds() - cpu);
    }
  }

  /**
   * What one network took.
   *
   * @param progress examples seen, and seconds until then
   */
  private record Cost(
      String network,
      int samples,
      Time plain,
      Time analysis,
      Ledger ledger,
      double mib,
      List<Point> progress) {

    /** Seconds of everything that is booked on a layer, or on the group whose curve it is. */
    Map<String, Double> byLayer() {
      Map<String, Double> sums = new TreeMap<>();
      for (Phase phase : Phase.values()) {
        if (phase != Phase.PASSES) {
          ledger
              .seconds(phase)
              .forEach((name, seconds) -> sums.merge(layer(phase, name), seconds, Double::sum));
        }
      }
      return sums;
    }

    private static String layer(Phase phase, String name) {
      return switch (phase) {
        case CURVES -> "curve of " + name;
        case INVERSES -> name.substring(0, name.lastIndexOf(' '));
        default -> name;
      };
    }
  }

  @Override
  public Outcome run(Context context) throws Exception {
    Map<String, Double> numbers = new LinkedHashMap<>();
    List<List<String>> ratios = new ArrayList<>();
    List<List<String>> phases = new ArrayList<>();
    List<Plot.Series> series = new ArrayList<>();
    List<Table> tables = new ArrayList<>();
    for (Case one : cases.subList(0, context.sized(cases.size(), 1))) {
      Cost cost = measure(one, context);
      record(cost, numbers);
      ratios.add(ratioRow(cost));
      phases.add(phaseRow(cost));
      series.add(new Plot.Series(cost.network(), cost.progress(), true));
      tables.add(costliest(cost));
    }
    tables.add(
        0,
        new Table(
            "Cost of H-OBS in passes over the same examples",
            List.of(
                "network",
                "examples",
                "forward + backward (s)",
                "H-OBS (s)",
                "ratio",
                "ratio of processor time",
                "peak memory (MiB)"),
            ratios));
    List<String> header = new ArrayList<>(List.of("network"));
    for (Phase phase : Phase.values()) {
      header.add(words(phase) + " (s)");
    }
    tables.add(1, new Table("Where the time goes", header, phases));
    Plot plot = new Plot("Curvature from more and more examples", "examples", "seconds", series);
    return new Outcome(tables, Map.of("kfac-cost", plot), numbers);
  }

  private static String words(Phase phase) {
    return phase.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static void record(Cost cost, Map<String, Double> numbers) {
    String name = cost.network();
    numbers.put("ratio." + name, cost.analysis().wall() / cost.plain().wall());
    numbers.put("cpu_ratio." + name, cost.analysis().cpu() / cost.plain().cpu());
    numbers.put("peak_mib." + name, cost.mib());
    numbers.put("samples." + name, (double) cost.samples());
    numbers.put("seconds.plain." + name, cost.plain().wall());
    numbers.put("seconds.analysis." + name, cost.analysis().wall());
    for (Phase phase : Phase.values()) {
      numbers.put(
          "seconds." + phase.name().toLowerCase(Locale.ROOT) + "." + name,
          cost.ledger().total(phase));
    }
    double largest = cost.byLayer().values().stream().mapToDouble(s -> s).max().orElse(0);
    numbers.put("largest_share." + name, largest / cost.analysis().wall());
  }

  private static List<String> ratioRow(Cost cost) {
    return List.of(
        cost.network(),
        Integer.toString(cost.samples()),
        format(cost.plain().wall()),
        format(cost.analysis().wall()),
        String.format(Locale.ROOT, "%.2f", cost.analysis().wall() / cost.plain().wall()),
        String.format(Locale.ROOT, "%.2f", cost.analysis().cpu() / cost.plain().cpu()),
        String.format(Locale.ROOT, "%.0f", cost.mib()));
  }

  private static List<String> phaseRow(Cost cost) {
    List<String> row = new ArrayList<>(List.of(cost.network()));
    for (Phase phase : Phase.values()) {
      row.add(format(cost.ledger().total(phase)));
    }
    return row;
  }

  /** The costliest layers, without the passes, which are of no one layer. */
  private static Table costliest(Cost cost) {
    List<List<String>> rows =
        cost.byLayer().entrySet().stream()
            .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
            .limit(LISTED)
            .map(
                entry ->
                    List.of(
                        entry.getKey(),
                        format(entry.getValue()),
                        String.format(
                            Locale.ROOT, "%.1f", 100 * entry.getValue() / cost.analysis().wall())))
            .toList();
    return new Table(
        "The costliest layers of " + cost.network(),
        List.of("layer", "seconds", "% of the analysis"),
        rows);
  }

  private static String format(double seconds) {
    return String.format(Locale.ROOT, "%.1f", seconds);
  }

  private static Cost measure(Case one, Context context) throws Exception {
    Graph graph = one.graph().apply(context.seed());
    Dataset data =
        RandomImages.of(
            context.out(),
            context.sized(one.samples(), 2 * one.batchSize()),
            one.pixels(),
            one.classes(),
            context.seed());
    context.progress().accept("plain passes of " + graph.name());
    plain(graph, data, Math.min(data.size(), 2 * one.batchSize()), one.batchSize());
    Time before = plain(graph, data, data.size() / 2, one.batchSize());
    context.progress().accept("H-OBS of " + graph.name());
    int few = Math.min(data.size(), 2 * one.batchSize());
    analyse(graph, data, few, one, context, new Ledger(), detail -> {});
    Ledger ledger = new Ledger();
    List<Point> progress = new ArrayList<>();
    Stopwatch watch = new Stopwatch();
    Time analysis;
    double mib;
    try (PeakMemory memory = new PeakMemory()) {
      analyse(
          graph,
          data,
          data.size(),
          one,
          context,
          ledger,
          detail -> {
            if (detail.startsWith("curvature")) {
              progress.add(
                  new Point(
                      Math.min(data.size(), (progress.size() + 1.0) * one.batchSize()),
                      watch.time().wall(),
                      ""));
            }
          });
      analysis = watch.time();
      mib = memory.mib();
    }
    // Half of the plain passes before, half after, so that a change of the machine's load shows in
    // both.
    Time after = plain(graph, data, data.size() - data.size() / 2, one.batchSize());
    return new Cost(graph.name(), data.size(), before.plus(after), analysis, ledger, mib, progress);
  }

  private static void analyse(
      Graph graph,
      Dataset data,
      int samples,
      Case one,
      Context context,
      Ledger ledger,
      Consumer<String> progress) {
    CalibrationSettings settings =
        CalibrationSettings.newBuilder()
            .setSamples(samples)
            .setBatchSize(one.batchSize())
            .setAnchorSamples(0)
            .build();
    Subject subject =
        new Subject(
            graph, DependencyGraph.of(graph), data, Optional.empty(), settings, context.seed());
    new Hobs(ledger, FactorSink.NONE).measure(subject, (share, detail) -> progress.accept(detail));
  }

  /** Time of gradients of all weights on some examples. */
  private static Time plain(Graph graph, Dataset data, int samples, int batchSize) {
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(graph)) {
      Stopwatch watch = new Stopwatch();
      for (int[] indices : Batches.sequential(samples, batchSize)) {
        try (Batch batch = data.batch(manager, indices)) {
          network
              .parameterGradients(batch, LabelSampler.fromData())
              .values()
              .forEach(NDArray::close);
        }
      }
      return watch.time();
    }
  }
}
