package io.rspar.benchmarks.fidelity;

import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.Context;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Slice;
import io.rspar.sensitivity.criterion.Criteria;
import io.rspar.sensitivity.criterion.Subject;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A network and what every criterion says of its channels, all from the same calibration examples;
 * H_OBS expands the loss on all validation examples besides.
 *
 * @param graph the network
 * @param groups its groups
 * @param reports by criterion
 * @param seconds wall time of each criterion
 */
record Measured(
    Graph graph,
    DependencyGraph groups,
    Map<Criterion, SensitivityReport> reports,
    Map<Criterion, Double> seconds) {
  /** Calibration examples that criteria see, unless a test needs fewer. */
  static final int SAMPLES = 1024;

  /** Fewer have no covariance worth the name. */
  static final int LEAST_SAMPLES = 32;

  /**
   * Measures all criteria.
   *
   * @param fullSamples calibration examples at full size
   * @param anchorSamples validation examples for H_OBS to anchor its curves on, at full size; 0 =
   *     not at all
   */
  static Measured of(Context context, Path model, int fullSamples, int anchorSamples) {
    BenchmarkData data = context.data();
    int samples = context.sized(fullSamples, LEAST_SAMPLES);
    Graph graph = OnnxReader.read(model);
    DependencyGraph groups = DependencyGraph.of(graph);
    Dataset calibration = data.dataset(BenchmarkData.Role.CALIBRATION, samples);
    Dataset all = data.dataset(BenchmarkData.Role.VALIDATION);
    Dataset validation = all.slice(new Slice(0, context.sized(all.size(), LEAST_SAMPLES)));
    Map<Criterion, SensitivityReport> reports = new LinkedHashMap<>();
    Map<Criterion, Double> seconds = new LinkedHashMap<>();
    for (Criterion criterion : Criterion.values()) {
      context.progress().accept("scoring by " + name(criterion));
      CalibrationSettings settings =
          CalibrationSettings.newBuilder()
              .setSamples(samples)
              .setAnchorSamples(context.sized(anchorSamples, LEAST_SAMPLES))
              .setExpansionSamples(validation.size())
              .build();
      Subject subject =
          new Subject(
              graph, groups, calibration, Optional.of(validation), settings, context.seed());
      long start = System.nanoTime();
      reports.put(criterion, Criteria.of(criterion).measure(subject, (share, detail) -> {}));
      seconds.put(criterion, (System.nanoTime() - start) / 1e9);
    }
    return new Measured(graph, groups, reports, seconds);
  }

  /** The criterion as a request's YAML and the keys of numbers spell it. */
  static String name(Criterion criterion) {
    return criterion.name().toLowerCase(Locale.ROOT).replace("h_obs", "hobs");
  }
}
