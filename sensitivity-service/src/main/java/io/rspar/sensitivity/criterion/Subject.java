package io.rspar.sensitivity.criterion;

import io.rspar.events.CalibrationSettings;
import io.rspar.events.FisherKind;
import io.rspar.events.GroupReduction;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.data.Dataset;
import java.util.Optional;

/**
 * What is measured.
 *
 * @param graph the network
 * @param groups its prunable groups
 * @param calibration calibration data
 * @param validation held-out data, which may be measured on but not fitted to
 * @param settings how much of it, and how
 * @param seed seed of every random choice
 */
public record Subject(
    Graph graph,
    DependencyGraph groups,
    Dataset calibration,
    Optional<Dataset> validation,
    CalibrationSettings settings,
    long seed) {

  /** Calibration examples to use. */
  public int samples() {
    return Math.min(settings.getSamples(), calibration.size());
  }

  /** Whose gradients make the Fisher information. */
  public LabelSampler labels() {
    return settings.getFisher() == FisherKind.TRUE
        ? LabelSampler.fromModel(seed)
        : LabelSampler.fromData();
  }

  /** How members of a group come together, unless the request says so. */
  public GroupReduction reduction(GroupReduction otherwise) {
    return settings.getReduction() == null ? otherwise : settings.getReduction();
  }
}
