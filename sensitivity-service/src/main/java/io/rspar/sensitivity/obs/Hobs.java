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
import io.rspar.sensitivity.curvature.ExampleRange;
import io.rspar.sensitivity.curvature.FactorSink;
import io.rspar.sensitivity.curvature.HeldOutPass;
import io.rspar.sensitivity.curvature.Ledger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * H-OBS: the Optimal Brain Surgeon over whole channels, with Kronecker-factored curvature, and its
 * error curves anchored at measured points. See {@link Elimination}, {@link GreedyElimination} and
 * {@link Anchors}.
 */
public final class Hobs implements CurvatureCriterion {
  /** Shares of the work. */
  private static final double CURVATURE = 0.4;

  private static final double HELD_OUT = 0.1;
  private static final double CURVES = 0.2;
  private static final double ANCHORS = 0.3;

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
    return new CurvatureSums(subject, needed(subject, layers), ledger);
  }

  /** Layers that the elimination of a channel is about. */
  private static Map<String, WeightedLayer> needed(
      Subject subject, Map<String, AdjustableLayer> layers) {
    Map<String, WeightedLayer> needed = new LinkedHashMap<>();
    GroupWeights.uses(layers, subject.groups().groups())
        .keySet()
        .forEach(node -> needed.put(node, layers.get(node).layer()));
    return needed;
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
      SingleCosts singles;
      try (Curvature curvature = sums.curvature()) {
        sink.accept(curvature.factors());
        warnings.addAll(curvature.warnings());
        singles =
            heldOut(subject)
                .map(
                    examples ->
                        SingleCosts.ofHeldOut(
                            HeldOutPass.over(
                                subject,
                                needed(subject, layers),
                                examples,
                                (share, detail) ->
                                    progress.report(CURVATURE + HELD_OUT * share, detail))))
                .orElseGet(() -> SingleCosts.ofCalibration(curvature.directions()));
        warnings.addAll(singles.warnings());
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
              CURVATURE + HELD_OUT + CURVES * g / groups.size(),
              String.format(
                  "error curve of %s (%d of %d)", groups.get(g).id(), g + 1, groups.size()));
          curves.add(
              curve(weights, singles, groups.get(g), g, isAnchoring(subject), trials, warnings));
        }
        warnings.addAll(weights.warnings());
      }
      return new SensitivityReport(
          "H_OBS",
          true,
          subject.samples(),
          Double.isNaN(singles.agreement()) ? null : singles.agreement(),
          anchored(subject, network, layers, curves, trials, warnings, progress),
          warnings);
    }
  }

  /** Held-out examples for the costs of single channels. */
  private static Optional<Dataset> heldOut(Subject subject) {
    int wanted = subject.settings().getExpansionSamples();
    return subject
        .validation()
        .filter(examples -> wanted > 0)
        .map(examples -> first(examples, wanted));
  }

  private static Dataset first(Dataset examples, int wanted) {
    return examples.slice(new Slice(0, Math.min(wanted, examples.size())));
  }

  private static boolean isAnchoring(Subject subject) {
    return subject.settings().getAnchorSamples() > 0 && subject.validation().isPresent();
  }

  private GroupSensitivity curve(
      GroupWeights weights,
      SingleCosts singles,
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
          consumers.isEmpty() && !singles.isOfNormalizations(position)
              ? null
              : singles.costs(position);
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
    Dataset examples = first(subject.validation().get(), wanted);
    List<List<MeasuredLoss>> measured =
        new Anchors(network, layers, examples)
            .measure(
                curves.size(),
                trials,
                (done, of) ->
                    progress.report(
                        1 - ANCHORS + ANCHORS * done / of,
                        "cut " + done + " of " + of + " measured"));
    List<GroupSensitivity> anchored = new ArrayList<>();
    for (int g = 0; g < curves.size(); g++) {
      anchored.add(Anchors.through(curves.get(g), measured.get(g)));
    }
    return anchored;
  }
}
