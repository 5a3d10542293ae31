package io.rspar.sensitivity.criterion;

import io.rspar.events.CalibrationSettings;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
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
    long seed) {}
