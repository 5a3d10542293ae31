package io.rspar.sensitivity.criterion;

import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.shape.Shapes;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.curvature.Curvature;
import io.rspar.sensitivity.curvature.CurvatureSums;
import io.rspar.sensitivity.curvature.ExampleRange;
import io.rspar.sensitivity.curvature.Ledger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Kronecker-factored Optimal Brain Damage over calibration data; see {@link KfacObdScores}. The
 * network is in evaluation mode: BatchNorm uses its running statistics. A group that no layer with
 * factors consumes is scored by the γ and β of its normalisations where it has any, see {@link
 * io.rspar.sensitivity.curvature.GateDerivatives}, else by the rows of its producers.
 */
public final class KfacObd implements CurvatureCriterion {

  @Override
  public SensitivityReport measure(Subject subject, Progress progress) {
    try (CurvatureSums sums = sums(subject)) {
      sums.observe(ExampleRange.first(subject.samples()), progress);
      return measure(subject, sums, progress);
    }
  }

  @Override
  public CurvatureSums sums(Subject subject) {
    return new CurvatureSums(subject, layers(subject), new Ledger());
  }

  @Override
  public SensitivityReport measure(Subject subject, CurvatureSums sums, Progress progress) {
    try (Curvature curvature = sums.curvature()) {
      curvature.factors().values().forEach(f -> f.damp(subject.settings().getDamping()));
      return report(subject, layers(subject), curvature);
    }
  }

  private static SensitivityReport report(
      Subject subject, Map<String, WeightedLayer> layers, Curvature curvature) {
    KfacObdScores scores = new KfacObdScores(layers, curvature.factors());
    List<ChannelGroup> groups = subject.groups().groups();
    List<GroupSensitivity> sensitivities = new ArrayList<>();
    List<String> warnings = new ArrayList<>(curvature.warnings());
    double[][] ofNormalizations = curvature.directions().moments().secondOrder();
    for (int g = 0; g < groups.size(); g++) {
      ChannelGroup group = groups.get(g);
      boolean normalized = curvature.directions().isOfNormalizations(g);
      if (!normalized && scores.isUnscored(group)) {
        warnings.add(
            "Group " + group.id() + " meets no layer with curvature: its scores are zero.");
      }
      sensitivities.add(
          GroupSensitivity.additive(
              group.id(), normalized ? ofNormalizations[g] : scores.of(group)));
    }
    return new SensitivityReport("KFAC_OBD", true, subject.samples(), sensitivities, warnings);
  }

  /** Layers with factors that a prunable group touches, by node name. */
  private static Map<String, WeightedLayer> layers(Subject subject) {
    Shapes shapes = Shapes.infer(subject.graph());
    var touched =
        subject.groups().groups().stream()
            .map(ChannelGroup::members)
            .flatMap(List::stream)
            .map(m -> m.nodeName())
            .collect(Collectors.toSet());
    return subject.graph().nodes().stream()
        .filter(n -> touched.contains(n.name()))
        .map(n -> WeightedLayer.of(shapes, n))
        .flatMap(Optional::stream)
        .collect(
            Collectors.toMap(
                l -> l.node().name(), Function.identity(), (a, b) -> a, LinkedHashMap::new));
  }
}
