package io.rspar.benchmarks.curvature;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Table;
import io.rspar.benchmarks.networks.ResNets;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.sensitivity.criterion.Criteria;
import io.rspar.sensitivity.criterion.Subject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Wall time of the whole H-OBS analysis (curvature, inverses, curves; no anchors) over that of
 * plain forward and backward passes over the same examples in the same runtime, one after the
 * other. Weights are random: time does not depend on them.
 */
public final class KfacCost implements Benchmark {
  private static final int SMALL_SAMPLES = 1024;
  private static final int SMALL_BATCH = 64;
  private static final int LARGE_SAMPLES = 256;
  private static final int LARGE_BATCH = 16;

  @Override
  public String name() {
    return "kfac-cost";
  }

  @Override
  public String summary() {
    return "time and memory of H-OBS over those of plain forward and backward passes";
  }

  private static Dataset images(Context context, int count, int size, int classes)
      throws IOException {
    return RandomImages.of(context.out(), count, size, classes, context.seed());
  }

  /** What one network took. */
  private record Cost(
      String network,
      double plainSeconds,
      double curvatureSeconds,
      double curveSeconds,
      double mib) {
    double ratio() {
      return (curvatureSeconds + curveSeconds) / plainSeconds;
    }
  }

  @Override
  public Outcome run(Context context) throws Exception {
    Map<String, Double> numbers = new LinkedHashMap<>();
    List<List<String>> rows = new ArrayList<>();
    Dataset small = images(context, SMALL_SAMPLES, 32, 10);
    record(
        measure(ResNets.resNet20(context.seed()), small, SMALL_BATCH, context),
        small.size(),
        rows,
        numbers);
    Dataset large = images(context, LARGE_SAMPLES, 224, 1000);
    record(
        measure(ResNets.resNet50(context.seed()), large, LARGE_BATCH, context),
        large.size(),
        rows,
        numbers);
    Table table =
        new Table(
            "Cost of H-OBS in passes over the same examples",
            List.of(
                "network",
                "examples",
                "forward + backward (s)",
                "curvature (s)",
                "inverses and curves (s)",
                "ratio",
                "memory (MiB)"),
            rows);
    return new Outcome(List.of(table), Map.of(), numbers);
  }

  private static void record(
      Cost cost, int examples, List<List<String>> rows, Map<String, Double> numbers) {
    String name = cost.network();
    numbers.put("ratio." + name, cost.ratio());
    numbers.put("peak_mib." + name, cost.mib());
    numbers.put("seconds.plain." + name, cost.plainSeconds());
    numbers.put("seconds.curvature." + name, cost.curvatureSeconds());
    numbers.put("seconds.curves." + name, cost.curveSeconds());
    rows.add(
        List.of(
            name,
            Integer.toString(examples),
            format(cost.plainSeconds()),
            format(cost.curvatureSeconds()),
            format(cost.curveSeconds()),
            String.format(Locale.ROOT, "%.2f", cost.ratio()),
            String.format(Locale.ROOT, "%.0f", cost.mib())));
  }

  private static String format(double seconds) {
    return String.format(Locale.ROOT, "%.1f", seconds);
  }

  private static Cost measure(Graph graph, Dataset data, int batchSize, Context context) {
    context.progress().accept("plain passes of " + graph.name());
    plain(graph, data, Math.min(data.size(), 2 * batchSize), batchSize);
    double before = plain(graph, data, data.size() / 2, batchSize);
    context.progress().accept("H-OBS of " + graph.name());
    long start = System.nanoTime();
    long[] curves = new long[1];
    double mib;
    try (PeakMemory memory = new PeakMemory()) {
      CalibrationSettings settings =
          CalibrationSettings.newBuilder()
              .setSamples(data.size())
              .setBatchSize(batchSize)
              .setAnchorSamples(0)
              .build();
      Criteria.of(Criterion.H_OBS)
          .measure(
              new Subject(
                  graph,
                  DependencyGraph.of(graph),
                  data,
                  Optional.empty(),
                  settings,
                  context.seed()),
              (share, detail) -> {
                if (detail.startsWith("error curve") && curves[0] == 0) {
                  curves[0] = System.nanoTime();
                }
              });
      mib = memory.growthMib();
    }
    long end = System.nanoTime();
    // Half of the plain passes before, half after, so that a change of the machine's load shows in
    // both.
    double after = plain(graph, data, data.size() / 2, batchSize);
    return new Cost(
        graph.name(), before + after, (curves[0] - start) / 1e9, (end - curves[0]) / 1e9, mib);
  }

  /** Seconds for gradients of all weights on some examples. */
  private static double plain(Graph graph, Dataset data, int samples, int batchSize) {
    long start = System.nanoTime();
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(graph)) {
      for (int[] indices : Batches.sequential(samples, batchSize)) {
        try (Batch batch = data.batch(manager, indices)) {
          network
              .parameterGradients(batch, LabelSampler.fromData())
              .values()
              .forEach(NDArray::close);
        }
      }
    }
    return (System.nanoTime() - start) / 1e9;
  }
}
