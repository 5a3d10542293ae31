package io.rspar.benchmarks.fidelity;

import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Plot;
import io.rspar.benchmarks.Table;
import io.rspar.events.Criterion;
import io.rspar.kit.plot.Series.Point;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.runtime.Network;
import io.rspar.runtime.data.Dataset;
import io.rspar.sensitivity.criterion.Spearman;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Do scores rank channels as their removal really hurts? Every channel is removed alone and the
 * true loss change measured on held-out examples; Spearman's ρ between score and truth, over all
 * channels and per group.
 *
 * <p>The loss change of most channels is small, and held-out examples are few: two halves of them
 * do not agree either. Their agreement, scaled to the whole (Spearman-Brown), bounds what any score
 * can reach, and is reported. The divergence of predictions varies less and is reported beside the
 * loss.
 */
public final class Fidelity implements Benchmark {
  private static final int EXAMPLES = 5000;
  private static final int LEAST_EXAMPLES = 50;

  private final int samples;
  private final int examples;

  public Fidelity() {
    this(Measured.SAMPLES, EXAMPLES);
  }

  /**
   * @param samples calibration examples
   * @param examples held-out examples
   */
  Fidelity(int samples, int examples) {
    this.samples = samples;
    this.examples = examples;
  }

  @Override
  public String name() {
    return "fidelity";
  }

  @Override
  public String summary() {
    return "rank correlation of every criterion's scores with the true loss change of each channel";
  }

  @Override
  public Outcome run(Context context) {
    BenchmarkData data = context.data();
    Path model = data.models().getOrDefault("resnet20_convshortcut", data.model());
    Measured measured = Measured.of(context, model, samples, 0);
    Dataset heldOut =
        data.dataset(BenchmarkData.Role.TEST, context.sized(examples, LEAST_EXAMPLES));
    List<ChannelRemoval.Truth> truths;
    try (Network network = Network.load(measured.graph())) {
      truths =
          new ChannelRemoval(network, heldOut)
              .measure(measured.groups().groups(), context.progress());
    }
    double[] loss = all(truths, ChannelRemoval.Truth::loss);
    double halves =
        Spearman.rho(
            all(truths, ChannelRemoval.Truth::even), all(truths, ChannelRemoval.Truth::odd));
    Map<String, Double> numbers = new LinkedHashMap<>();
    // Spearman-Brown: reliability of the whole from that of its halves; a perfect score reaches
    // its root.
    double ceiling = Math.sqrt(Math.max(0, 2 * halves / (1 + halves)));
    numbers.put("rho_ceiling", ceiling);
    numbers.put("examples", (double) heldOut.size());
    numbers.put("channels", (double) loss.length);
    List<List<String>> rows = new ArrayList<>();
    for (Criterion criterion : measured.reports().keySet()) {
      List<double[]> scores =
          measured.reports().get(criterion).groups().stream()
              .map(GroupSensitivity::scores)
              .toList();
      String name = Measured.name(criterion);
      double global = Spearman.rho(concatenated(scores), loss);
      double layer = medianOfGroups(scores, truths, ChannelRemoval.Truth::loss);
      double globalDivergence =
          Spearman.rho(concatenated(scores), all(truths, ChannelRemoval.Truth::divergence));
      double layerDivergence = medianOfGroups(scores, truths, ChannelRemoval.Truth::divergence);
      numbers.put("rho_global." + name, global);
      numbers.put("rho_layer_median." + name, layer);
      numbers.put("rho_global_divergence." + name, globalDivergence);
      numbers.put("rho_layer_median_divergence." + name, layerDivergence);
      rows.add(
          List.of(
              name,
              format(global),
              format(layer),
              format(globalDivergence),
              format(layerDivergence),
              String.format(Locale.ROOT, "%.1f", measured.seconds().get(criterion))));
    }
    Table table =
        new Table(
            String.format(
                Locale.ROOT,
                "Spearman's ρ of scores with the true change: %d channels of %s, %d held-out examples"
                    + " (ceiling for the loss: %.3f)",
                loss.length,
                model.getFileName(),
                heldOut.size(),
                ceiling),
            List.of(
                "criterion",
                "loss, global",
                "loss, median of groups",
                "divergence, global",
                "divergence, median of groups",
                "seconds"),
            rows);
    return new Outcome(List.of(table), Map.of("fidelity", plot(measured, truths)), numbers);
  }

  private static String format(double rho) {
    return String.format(Locale.ROOT, "%.3f", rho);
  }

  private static double medianOfGroups(
      List<double[]> scores,
      List<ChannelRemoval.Truth> truths,
      Function<ChannelRemoval.Truth, double[]> part) {
    double[] rhos = new double[scores.size()];
    Arrays.setAll(rhos, g -> Spearman.rho(scores.get(g), part.apply(truths.get(g))));
    return Spearman.median(rhos);
  }

  private static double[] all(
      List<ChannelRemoval.Truth> truths, Function<ChannelRemoval.Truth, double[]> part) {
    return concatenated(truths.stream().map(part).toList());
  }

  private static double[] concatenated(List<double[]> parts) {
    return parts.stream().flatMapToDouble(Arrays::stream).toArray();
  }

  /** Score against truth, on logarithmic axes, for the second-order scores. */
  private static Plot plot(Measured measured, List<ChannelRemoval.Truth> truths) {
    List<Plot.Series> series = new ArrayList<>();
    for (Criterion criterion : List.of(Criterion.H_OBS, Criterion.KFAC_OBD)) {
      List<Point> points = new ArrayList<>();
      for (int g = 0; g < truths.size(); g++) {
        GroupSensitivity group = measured.reports().get(criterion).groups().get(g);
        for (int c = 0; c < group.width(); c++) {
          points.add(
              new Point(
                  Math.log10(Math.max(1e-7, group.scores()[c])),
                  Math.log10(Math.max(1e-7, truths.get(g).divergence()[c])),
                  group.group() + " " + c));
        }
      }
      series.add(new Plot.Series(Measured.name(criterion), points, false));
    }
    return new Plot(
        "Score and truth of every channel",
        "log10 of the score (nats)",
        "log10 of the divergence (nats)",
        series);
  }
}
