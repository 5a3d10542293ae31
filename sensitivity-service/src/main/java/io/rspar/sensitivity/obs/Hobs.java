package io.rspar.sensitivity.obs;

import ai.djl.ndarray.NDManager;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.MeasuredLoss;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.layer.AdjustableLayer;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.criterion.CurvatureCriterion;
import io.rspar.sensitivity.criterion.Subject;
import io.rspar.sensitivity.curvature.Curvature;
import io.rspar.sensitivity.curvature.CurvatureSums;
import io.rspar.sensitivity.curvature.DirectionalFisher;
import io.rspar.sensitivity.curvature.ExampleRange;
import io.rspar.sensitivity.curvature.FactorSink;
import io.rspar.sensitivity.curvature.Ledger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * H-OBS: the Optimal Brain Surgeon over whole channels, with Kronecker-factored curvature, and its
 * error curves anchored at measured points. See {@link Elimination}, {@link GreedyElimination} and
 * {@link Anchors}.
 */
public final class Hobs implements CurvatureCriterion {
  /** Share of the work that the curvature is; the rest are curves and anchors. */
  private static final double CURVATURE = 0.5;

  /**
   * With halves that agree less, scores still moved when more examples came: on two networks they
   * correlated by less than 0.93 with those of 1,024 examples.
   */
  private static final double LEAST_AGREEMENT = 0.65;

  private final Ledger ledger;
  private final FactorSink sink;

  /**
   * @param ledger hears what takes how long
   * @param sink receives the factors
   */
  public Hobs(Ledger ledger, FactorSink sink) {
    this.ledger = ledger;
    this.sink = sink;
  }

  @Override
  public SensitivityReport measure(Subject subject, Progress progress) {
    try (Network network = Network.load(subject.graph())) {
      Map<String, AdjustableLayer> layers = AdjustableLayer.of(network);
      try (CurvatureSums sums = sums(subject, layers)) {
        sums.observe(
            ExampleRange.first(subject.samples()),
            (share, detail) -> progress.report(CURVATURE * share, detail));
        return measure(subject, network, layers, sums, progress);
      }
    }
  }

  @Override
  public CurvatureSums sums(Subject subject) {
    try (Network network = Network.load(subject.graph())) {
      return sums(subject, AdjustableLayer.of(network));
    }
  }

  @Override
  public SensitivityReport measure(Subject subject, CurvatureSums sums, Progress progress) {
    try (Network network = Network.load(subject.graph())) {
      return measure(subject, network, AdjustableLayer.of(network), sums, progress);
    }
  }

  private CurvatureSums sums(Subject subject, Map<String, AdjustableLayer> layers) {
    Map<String, WeightedLayer> needed = new LinkedHashMap<>();
    GroupWeights.uses(layers, subject.groups().groups())
        .keySet()
        .forEach(node -> needed.put(node, layers.get(node).layer()));
    return new CurvatureSums(subject, needed, ledger);
  }

  private SensitivityReport measure(
      Subject subject,
      Network network,
      Map<String, AdjustableLayer> layers,
      CurvatureSums sums,
      Progress progress) {
    List<ChannelGroup> groups = subject.groups().groups();
    try (NDManager manager = Torch.newManager()) {
      List<GroupSensitivity> curves = new ArrayList<>();
      List<Anchors.Trial> trials = new ArrayList<>();
      List<String> warnings = new ArrayList<>();
      double agreement;
      try (Curvature curvature = sums.curvature()) {
        sink.accept(curvature.factors());
        warnings.addAll(curvature.warnings());
        agreement = curvature.directions().agreement();
        if (agreement < LEAST_AGREEMENT) {
          warnings.add(
              String.format(
                  Locale.ROOT,
                  "Scores from two halves of the calibration examples agree poorly (Spearman's rho"
                      + " %.2f): more calibration.samples would make them steadier.",
                  agreement));
        }
        GroupWeights weights =
            new GroupWeights(
                manager,
                layers,
                curvature.factors(),
                subject.settings().getDamping(),
                groups,
                ledger);
        for (int g = 0; g < groups.size(); g++) {
          progress.layer(
              CURVATURE + 0.2 * g / groups.size(),
              String.format(
                  "error curve of %s (%d of %d)", groups.get(g).id(), g + 1, groups.size()));
          curves.add(
              curve(
                  weights,
                  curvature.directions(),
                  groups.get(g),
                  g,
                  isAnchoring(subject),
                  trials,
                  warnings));
        }
        warnings.addAll(weights.warnings());
      }
      return new SensitivityReport(
          "H_OBS",
          true,
          subject.samples(),
          Double.isNaN(agreement) ? null : agreement,
          anchored(subject, network, layers, curves, trials, warnings, progress),
          warnings);
    }
  }

  private static boolean isAnchoring(Subject subject) {
    return subject.settings().getAnchorSamples() > 0 && subject.validation().isPresent();
  }

  private GroupSensitivity curve(
      GroupWeights weights,
      DirectionalFisher directions,
      ChannelGroup group,
      int position,
      boolean anchoring,
      List<Anchors.Trial> trials,
      List<String> warnings) {
    try (NDManager working = Torch.newManager()) {
      List<GroupWeights.Part> consumers = weights.consumers(working, group);
      List<GroupWeights.Part> parts =
          consumers.isEmpty() ? weights.producers(working, group) : consumers;
      double[] exact =
          consumers.isEmpty() && !directions.isOfNormalizations(position)
              ? null
              : directions.costs(position);
      if (parts.isEmpty() && exact != null) {
        return GroupSensitivity.additive(group.id(), exact);
      }
      if (parts.isEmpty()) {
        warnings.add(
            "Group " + group.id() + " meets no layer with curvature: its scores are zero.");
        return GroupSensitivity.additive(group.id(), new double[group.width()]);
      }
      int[] anchors =
          consumers.isEmpty() || !anchoring ? new int[0] : Anchors.widths(group.width());
      List<Elimination> eliminations = parts.stream().map(GroupWeights.Part::elimination).toList();
      long start = System.nanoTime();
      GroupSensitivity curve =
          new GreedyElimination(eliminations, group.width(), exact)
              .run(
                  group.id(),
                  anchors,
                  left -> trials.add(new Anchors.Trial(position, left, weights.changes(parts))));
      ledger.book(Ledger.Phase.CURVES, group.id(), start);
      return curve;
    }
  }

  private static List<GroupSensitivity> anchored(
      Subject subject,
      Network network,
      Map<String, AdjustableLayer> layers,
      List<GroupSensitivity> curves,
      List<Anchors.Trial> trials,
      List<String> warnings,
      Progress progress) {
    int wanted = subject.settings().getAnchorSamples();
    if (!isAnchoring(subject)) {
      warnings.add(
          "The error curves were not anchored at measured points"
              + (wanted == 0 ? "." : ", since there is no validation data."));
      return curves;
    }
    Dataset validation = subject.validation().get();
    Dataset examples = validation.slice(new Slice(0, Math.min(wanted, validation.size())));
    List<List<MeasuredLoss>> measured =
        new Anchors(network, layers, examples)
            .measure(
                curves.size(),
                trials,
                (done, of) ->
                    progress.report(
                        0.7 + 0.3 * done / of, "cut " + done + " of " + of + " measured"));
    List<GroupSensitivity> anchored = new ArrayList<>();
    for (int g = 0; g < curves.size(); g++) {
      anchored.add(Anchors.through(curves.get(g), measured.get(g)));
    }
    return anchored;
  }
}
