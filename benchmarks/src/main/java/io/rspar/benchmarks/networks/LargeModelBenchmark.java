package io.rspar.benchmarks.networks;

import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.CpuTime;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Table;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.pruner.datafree.CutModel;
import io.rspar.pruner.datafree.DataFreeCut;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A model above the 2 GB of a protocol buffer, its weights in a file of their own: read, inspected,
 * cut by half, compared with the masked original in ONNX Runtime. Run it with a heap far below the
 * model ({@code JAVA_TOOL_OPTIONS=-Xmx256m}).
 */
public final class LargeModelBenchmark implements Benchmark {
  private static final int LAYERS = 40;
  private static final int WIDTH = 4096;
  private static final int CLASSES = 10;
  private static final double MEBI = 1 << 20;

  @Override
  public String name() {
    return "large-model";
  }

  @Override
  public String summary() {
    return "a model of 2.7 GB with external data: inspect, cut by half, masked equality, peak of the"
        + " heap; needs 6 GB of disk";
  }

  @Override
  public Outcome run(Context context) throws Exception {
    Path model = context.out().resolve("large.onnx");
    Path cut = context.out().resolve("large-half.onnx");
    try {
      context.progress().accept("writing");
      OnnxWriter.write(network(context.sized(LAYERS, 1), context.seed()), model);
      resetPeaks();
      double begin = CpuTime.seconds();
      context.progress().accept("inspecting");
      Graph graph = OnnxReader.read(model);
      DependencyGraph groups = DependencyGraph.of(graph);
      context.progress().accept("cutting and comparing");
      PruningPlan plan =
          DataFreeCut.plan(graph, groups, DataFreeCriterion.l2(), 0.5, WidthPolicy.FREE, List.of());
      CutModel half = CutModel.write(graph, groups, plan, cut, OptionalLong.of(context.seed()));
      Map<String, Double> numbers = new TreeMap<>();
      numbers.put("model.mib", mib(model));
      numbers.put("cut.mib", mib(cut));
      numbers.put("groups", (double) groups.groups().size());
      numbers.put("heap.limit.mib", Runtime.getRuntime().maxMemory() / MEBI);
      numbers.put("heap.peak.mib", peakBytes() / MEBI);
      numbers.put("cpuSeconds", CpuTime.seconds() - begin);
      numbers.put("maskedDifference", half.difference().orElseThrow());
      return new Outcome(List.of(table(numbers)), Map.of(), numbers);
    } finally {
      delete(model);
      delete(cut);
    }
  }

  /** Fully connected layers of one width; all have the same weights, each its own place on disk. */
  private static Graph network(int layers, long seed) {
    GraphBuilder b = new GraphBuilder(seed);
    String x = b.input("x", -1, WIDTH);
    Tensor weight = drawn(seed, Math.sqrt(6.0 / WIDTH));
    for (int layer = 0; layer < layers; layer++) {
      String name = "fc" + layer;
      x = b.relu(name + ".relu", b.node("MatMul", name, x, b.constant(name + ".weight", weight)));
    }
    return b.output(b.linear("head", x, WIDTH, CLASSES), -1, CLASSES).build("large");
  }

  private static Tensor drawn(long seed, double limit) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[WIDTH * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-limit, limit);
    }
    return Tensor.ofFloats(Shape.of(WIDTH, WIDTH), values);
  }

  private static List<MemoryPoolMXBean> heapPools() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .toList();
  }

  private static void resetPeaks() {
    System.gc();
    heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
  }

  /** At most what the heap held at one time: its pools peak at different times. */
  private static long peakBytes() {
    return heapPools().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
  }

  private static double mib(Path model) throws IOException {
    // Small ones have their weights in the model's own file.
    long apart = Files.exists(data(model)) ? Files.size(data(model)) : 0;
    return (Files.size(model) + apart) / MEBI;
  }

  private static Path data(Path model) {
    return model.resolveSibling(model.getFileName() + ".data");
  }

  private static void delete(Path model) throws IOException {
    Files.deleteIfExists(model);
    Files.deleteIfExists(data(model));
  }

  private static Table table(Map<String, Double> numbers) {
    return new Table(
        "A model above 2 GB, cut by half",
        List.of("model", "cut model", "heap limit", "heap peak", "processor time", "difference"),
        List.of(
            List.of(
                mib(numbers, "model.mib"),
                mib(numbers, "cut.mib"),
                mib(numbers, "heap.limit.mib"),
                mib(numbers, "heap.peak.mib"),
                String.format(Locale.ROOT, "%.0f s", numbers.get("cpuSeconds")),
                String.format(Locale.ROOT, "%.1e", numbers.get("maskedDifference")))));
  }

  private static String mib(Map<String, Double> numbers, String key) {
    return String.format(Locale.ROOT, "%.0f MiB", numbers.get(key));
  }
}
