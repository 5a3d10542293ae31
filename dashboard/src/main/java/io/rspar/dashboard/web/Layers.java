package io.rspar.dashboard.web;

import io.rspar.dashboard.board.CandidateView;
import io.rspar.events.ArtifactRef;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.kit.sensitivity.MeasuredLoss;
import io.rspar.kit.sensitivity.SensitivityReport;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How sensitive each group of channels is and what a candidate keeps of it.
 *
 * @param candidate whose plan it is; null if there is none yet
 * @param criterion what rated the channels
 */
public record Layers(String candidate, String criterion, List<Layer> layers) {
  /** Enough for a curve to look like one. */
  private static final int CURVE_POINTS = 65;

  /**
   * One group.
   *
   * @param kept null if there is no plan yet
   * @param widths kept channels of the curve's points, ascending
   * @param costs estimated cost of each
   * @param measured costs of cuts of this group alone, measured
   */
  public record Layer(
      String group,
      int channels,
      Integer kept,
      List<Integer> widths,
      List<Double> costs,
      List<MeasuredLoss> measured) {}

  static Layers of(ArtifactStore store, ArtifactRef sensitivity, Optional<CandidateView> candidate)
      throws IOException {
    SensitivityReport report =
        SensitivityReport.ofJson(Files.readAllBytes(store.fetch(sensitivity)));
    Optional<CandidateView> planned = candidate.filter(c -> c.plan() != null);
    PruningPlan plan =
        planned.isPresent()
            ? PruningPlanFile.read(Files.readString(store.fetch(planned.get().plan())))
            : null;
    return new Layers(
        planned.map(CandidateView::id).orElse(null),
        report.criterion(),
        report.groups().stream().map(g -> layer(g, plan)).toList());
  }

  private static Layer layer(GroupSensitivity group, PruningPlan plan) {
    int width = group.width();
    int steps = Math.min(width, CURVE_POINTS - 1);
    List<Integer> widths =
        IntStream.rangeClosed(0, steps)
            .mapToObj(i -> (int) Math.round((double) width * i / steps))
            .toList();
    return new Layer(
        group.group(),
        width,
        plan == null ? null : (Integer) plan.kept().get(group.group()).size(),
        widths,
        widths.stream().map(kept -> group.curve()[width - kept]).toList(),
        group.measured());
  }
}
