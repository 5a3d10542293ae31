package io.rspar.benchmarks.networks;

import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.CpuTime;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Plot;
import io.rspar.benchmarks.Table;
import io.rspar.benchmarks.networks.Layers.Activation;
import io.rspar.benchmarks.networks.Layers.Image;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.kit.plot.Series.Point;
import io.rspar.pruner.datafree.DataFreeCut;
import io.rspar.pruner.datafree.Inspection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Processor time of inspecting a network and cutting half of it, over networks that grow in nodes
 * (residual blocks of one width) and in weights (one depth, growing width), and of ViT-B/16. What
 * grows linearly lies on a straight line.
 */
public final class GraphCostBenchmark implements Benchmark {
  /** Runs before the first measurement, so that the compiler has seen the code. */
  private static final int WARM_UP = 3;

  private static final int REPETITIONS = 3;

  private static final int[] DEPTHS = {100, 200, 400, 800, 1600};
  private static final int[] WIDTHS = {64, 128, 192, 256, 384};

  /** A measured network. */
  private record Cost(String network, int nodes, long weights, double seconds) {}

  @Override
  public String name() {
    return "graph-cost";
  }

  @Override
  public String summary() {
    return "processor time of inspect + cut over growing networks (nodes, weights), and of ViT-B/16";
  }

  @Override
  public Outcome run(Context context) throws Exception {
    for (int i = 0; i < WARM_UP; i++) {
      measure("", chain(context.sized(DEPTHS[0], 1), WIDTHS[0]), context.out());
    }
    List<Cost> byNodes = new ArrayList<>();
    for (int fullDepth : DEPTHS) {
      int depth = context.sized(fullDepth, 1);
      context.progress().accept(depth + " blocks");
      byNodes.add(measure(depth + " blocks of 16", chain(depth, 16), context.out()));
    }
    List<Cost> byWeights = new ArrayList<>();
    for (int width : WIDTHS) {
      context.progress().accept("width " + width);
      byWeights.add(measure("8 blocks of " + width, chain(8, width), context.out()));
    }
    context.progress().accept("ViT-B/16");
    Cost vit = measure("ViT-B/16", Transformers.vitB16(context.seed()), context.out());
    return outcome(byNodes, byWeights, vit);
  }

  /** A stem and residual blocks of two 3×3 convolutions, all of one width. */
  private static Graph chain(int blocks, int width) {
    Layers l = new Layers(1);
    Image x = l.convBn("stem", l.image(3, 32), width, 3, 1, 1, Activation.RELU);
    for (int i = 0; i < blocks; i++) {
      Image y = l.convBn("block" + i + ".1", x, width, 3, 1, 1, Activation.RELU);
      y = l.convBn("block" + i + ".2", y, width, 3, 1, 1, Activation.NONE);
      x = l.activate("block" + i, l.add("block" + i + ".add", x, y), Activation.RELU);
    }
    l.classifier("fc", x, 10);
    return l.builder().build("chain");
  }

  /** The median of some measurements of the network as read from a file. */
  private static Cost measure(String network, Graph built, Path folder) throws IOException {
    Path file = folder.resolve("network.onnx");
    try {
      OnnxWriter.write(built, file);
      Graph graph = OnnxReader.read(file);
      List<Cost> costs = new ArrayList<>();
      for (int i = 0; i < REPETITIONS; i++) {
        costs.add(measure(network, graph));
      }
      costs.sort(Comparator.comparingDouble(Cost::seconds));
      return costs.get(REPETITIONS / 2);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static Cost measure(String network, Graph graph) {
    double begin = CpuTime.seconds();
    DependencyGraph dependencies = DependencyGraph.of(graph);
    Inspection inspection = Inspection.of(graph, dependencies);
    PruningPlan plan =
        DataFreeCut.plan(
            graph, dependencies, DataFreeCriterion.l2(), 0.5, WidthPolicy.FREE, List.of());
    Surgeon.cut(graph, dependencies, plan);
    double seconds = CpuTime.seconds() - begin;
    return new Cost(network, graph.nodes().size(), inspection.cost().parameters(), seconds);
  }

  private static Outcome outcome(List<Cost> byNodes, List<Cost> byWeights, Cost vit) {
    List<List<String>> rows = new ArrayList<>();
    Map<String, Double> numbers = new TreeMap<>();
    List<Cost> all = new ArrayList<>(byNodes);
    all.addAll(byWeights);
    all.add(vit);
    for (Cost cost : all) {
      rows.add(
          List.of(
              cost.network(),
              "" + cost.nodes(),
              String.format(Locale.ROOT, "%,d", cost.weights()),
              String.format(Locale.ROOT, "%.3f s", cost.seconds())));
    }
    byNodes.forEach(c -> numbers.put("nodes." + c.nodes() + ".cpuSeconds", c.seconds()));
    byWeights.forEach(c -> numbers.put("weights." + c.weights() + ".cpuSeconds", c.seconds()));
    numbers.put("vitB16.cpuSeconds", vit.seconds());
    Line overNodes = Line.through(byNodes.stream().map(c -> point(c.nodes(), c)).toList());
    Line overWeights = Line.through(byWeights.stream().map(c -> point(c.weights(), c)).toList());
    numbers.put("nodes.secondsPerNode", overNodes.slope());
    numbers.put("nodes.rSquared", overNodes.rSquared());
    numbers.put("weights.secondsPerMillion", 1e6 * overWeights.slope());
    numbers.put("weights.rSquared", overWeights.rSquared());
    Table costs =
        new Table(
            "Processor time of inspect + cut (half of every group, L2 norms)",
            List.of("network", "nodes", "parameters", "processor time"),
            rows);
    Table fit =
        new Table(
            "Straight lines through them (least squares)",
            List.of("over", "per unit", "R²"),
            List.of(
                List.of(
                    "nodes",
                    String.format(Locale.ROOT, "%.0f µs per node", 1e6 * overNodes.slope()),
                    String.format(Locale.ROOT, "%.3f", overNodes.rSquared())),
                List.of(
                    "parameters",
                    String.format(Locale.ROOT, "%.0f ns per parameter", 1e9 * overWeights.slope()),
                    String.format(Locale.ROOT, "%.3f", overWeights.rSquared()))));
    return new Outcome(
        List.of(costs, fit),
        Map.of(
            "nodes", plot("nodes", byNodes.stream().map(c -> point(c.nodes(), c)).toList()),
            "parameters",
                plot(
                    "million parameters",
                    byWeights.stream().map(c -> point(c.weights() / 1e6, c)).toList())),
        numbers);
  }

  private static Point point(double x, Cost cost) {
    return new Point(x, cost.seconds(), cost.network());
  }

  private static Plot plot(String quantity, List<Point> points) {
    Line line = Line.through(points);
    List<Point> ends =
        List.of(points.get(0), points.get(points.size() - 1)).stream()
            .map(p -> new Point(p.x(), line.at(p.x())))
            .toList();
    return new Plot(
        "inspect + cut",
        quantity,
        "processor time, s",
        List.of(
            new Plot.Series("measured", points, false),
            new Plot.Series("least squares", ends, true)));
  }

  /** A straight line by least squares, and the share of the variance that it explains. */
  record Line(double slope, double intercept, double rSquared) {
    static Line through(List<Point> points) {
      double meanX = points.stream().mapToDouble(Point::x).average().orElseThrow();
      double meanY = points.stream().mapToDouble(Point::y).average().orElseThrow();
      double xx = 0;
      double xy = 0;
      double yy = 0;
      for (Point point : points) {
        xx += (point.x() - meanX) * (point.x() - meanX);
        xy += (point.x() - meanX) * (point.y() - meanY);
        yy += (point.y() - meanY) * (point.y() - meanY);
      }
      double slope = xy / xx;
      return new Line(slope, meanY - slope * meanX, yy == 0 ? 1 : xy * xy / (xx * yy));
    }

    double at(double x) {
      return intercept + slope * x;
    }
  }
}
