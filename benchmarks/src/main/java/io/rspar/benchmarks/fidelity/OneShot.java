package io.rspar.benchmarks.fidelity;

import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Plot;
import io.rspar.benchmarks.Table;
import io.rspar.events.Criterion;
import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.cost.CostModel;
import io.rspar.graph.surgery.Kept;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.kit.plot.Series.Point;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.pruner.compensation.Compensator;
import io.rspar.runtime.Network;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.training.BatchNormCalibration;
import io.rspar.runtime.training.Evaluation;
import io.rspar.runtime.training.Evaluator;
import io.rspar.search.allocation.AllocationPolicy;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.CurveOptimalAllocation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What is left of a network from which a share of its MACs was removed in one go, without
 * fine-tuning: as cut, with BatchNorm re-calibrated, and compensated by least squares. The same
 * rule allocates for every criterion: widths that minimise the sum of the criterion's own curves
 * (of scores without a common unit, relative to their group).
 */
public final class OneShot implements Benchmark {
  private static final List<Integer> CUTS = List.of(10, 20, 30, 40, 50, 60, 61);
  private static final List<Integer> REPORTED = List.of(30, 50, 61);
  private static final int TEST = 2000;
  private static final int ANCHORS = 1000;
  private static final int BATCH = 250;

  private final List<Integer> cuts;
  private final int samples;
  private final int anchors;
  private final int examples;

  public OneShot() {
    this(CUTS, Measured.SAMPLES, ANCHORS, TEST);
  }

  /**
   * @param cuts percentages of the MACs to remove
   * @param samples calibration examples, for scores and repair
   * @param anchors validation examples for H-OBS to anchor its curves on
   * @param examples test examples
   */
  OneShot(List<Integer> cuts, int samples, int anchors, int examples) {
    this.cuts = List.copyOf(cuts);
    this.samples = samples;
    this.anchors = anchors;
    this.examples = examples;
  }

  @Override
  public String name() {
    return "oneshot";
  }

  @Override
  public String summary() {
    return "accuracy and loss after removing 10 to 61 % of the MACs by every criterion, no fine-tuning";
  }

  /** Accuracy and loss of one cut network, stage by stage. */
  private record Result(
      double share, Evaluation plain, Evaluation normed, Evaluation compensated) {}

  @Override
  public Outcome run(Context context) {
    BenchmarkData data = context.data();
    Path model = data.model();
    Measured measured = Measured.of(context, model, samples, anchors);
    Dataset test = data.dataset(BenchmarkData.Role.TEST, context.sized(examples, BATCH));
    Dataset calibration =
        data.dataset(
            BenchmarkData.Role.CALIBRATION, context.sized(samples, Measured.LEAST_SAMPLES));
    Map<String, Double> numbers = new LinkedHashMap<>();
    List<List<String>> rows = new ArrayList<>();
    List<Plot.Series> series = new ArrayList<>();
    Evaluation dense = evaluate(measured.graph(), test);
    numbers.put("accuracy.dense", dense.top1());
    numbers.put("loss.dense", dense.lossNats());
    for (Criterion criterion : measured.reports().keySet()) {
      String name = Measured.name(criterion);
      List<Point> plain = new ArrayList<>();
      List<Point> compensated = new ArrayList<>();
      for (int cut : cuts) {
        context.progress().accept(String.format("cutting %d %% of the MACs by %s", cut, name));
        Result result =
            cut(measured, measured.reports().get(criterion), cut, calibration, test, context);
        plain.add(new Point(cut, 100 * result.plain().top1()));
        compensated.add(new Point(cut, 100 * result.compensated().top1()));
        if (REPORTED.contains(cut)) {
          String key = name + "." + cut;
          numbers.put("accuracy." + key, result.plain().top1());
          numbers.put("accuracy." + key + ".batchnorm", result.normed().top1());
          numbers.put("accuracy." + key + ".compensated", result.compensated().top1());
          numbers.put("loss." + key, result.plain().lossNats());
          numbers.put("loss." + key + ".compensated", result.compensated().lossNats());
          rows.add(
              List.of(
                  name,
                  percent(result.share()),
                  percent(result.plain().top1()),
                  percent(result.normed().top1()),
                  percent(result.compensated().top1()),
                  String.format(Locale.ROOT, "%.3f", result.plain().lossNats()),
                  String.format(Locale.ROOT, "%.3f", result.compensated().lossNats())));
        }
      }
      series.add(new Plot.Series(name + ", compensated", compensated, true));
      if (criterion == Criterion.H_OBS) {
        series.add(new Plot.Series(name + ", as cut", plain, true));
      }
    }
    Table table =
        new Table(
            String.format(
                Locale.ROOT,
                "%s, %d test examples, no fine-tuning; dense: %.2f %%",
                model.getFileName(),
                test.size(),
                100 * dense.top1()),
            List.of(
                "criterion",
                "MACs removed",
                "as cut",
                "BatchNorm re-calibrated",
                "compensated",
                "loss as cut",
                "loss compensated"),
            rows);
    Plot plot =
        new Plot("Accuracy without fine-tuning", "MACs removed (%)", "accuracy (%)", series);
    return new Outcome(List.of(table), Map.of("oneshot", plot), numbers);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f", 100 * share);
  }

  private static Evaluation evaluate(Graph graph, Dataset test) {
    try (Network network = Network.load(graph)) {
      return Evaluator.evaluate(network, test, BATCH);
    }
  }

  private static Result cut(
      Measured measured,
      SensitivityReport report,
      int percent,
      Dataset calibration,
      Dataset test,
      Context context) {
    CostModel costs = CostModel.of(measured.graph(), measured.groups());
    long all = Cost.of(measured.graph()).macs();
    int[][] widths =
        report.groups().stream()
            .map(g -> IntStream.rangeClosed(smallest(g), g.width()).toArray())
            .toArray(int[][]::new);
    AllocationPolicy policy = new CurveOptimalAllocation(1);
    int[] kept =
        policy.allocate(
            new AllocationProblem(
                report.groups(),
                widths,
                report.comparable(),
                costs::macs,
                (long) Math.floor(all * (1 - percent / 100.0))));
    PruningPlan plan = GroupSensitivity.plan(report.groups(), kept);
    Graph cut = Surgeon.cut(measured.graph(), measured.groups(), plan);
    Evaluation plain = evaluate(cut, test);
    Evaluation normed;
    try (Network network = Network.load(cut)) {
      BatchNormCalibration.run(
          network,
          calibration,
          calibration.size(),
          128,
          context.data().augmentation().cropPadding(),
          context.data().augmentation().horizontalFlip(),
          context.seed());
      normed = Evaluator.evaluate(network, test, BATCH);
    }
    try (Network network = Network.load(cut)) {
      Compensator.leastSquares(
          network,
          measured.graph(),
          new Kept(measured.groups(), plan),
          calibration,
          calibration.size(),
          context.data().augmentation().horizontalFlip(),
          context.seed(),
          Compensator.Listener.NONE);
      return new Result(
          1 - (double) costs.macs(kept) / all,
          plain,
          normed,
          Evaluator.evaluate(network, test, BATCH));
    }
  }

  /** An eighth of a group always stays, but one channel at least. */
  private static int smallest(GroupSensitivity group) {
    return Math.max(1, group.width() / 8);
  }
}
