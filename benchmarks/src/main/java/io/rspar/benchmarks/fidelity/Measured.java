package io.rspar.benchmarks.fidelity;

import io.rspar.benchmarks.BenchmarkData;
import io.rspar.events.CalibrationSettings;
import io.rspar.events.Criterion;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.data.Dataset;
import io.rspar.sensitivity.criterion.Criteria;
import io.rspar.sensitivity.criterion.Subject;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

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

  /**
   * Measures all criteria.
   *
   * @param samples calibration examples
   * @param anchorSamples validation examples for H_OBS to anchor its curves on; 0 = not at all
   */
  static Measured of(
      BenchmarkData data,
      Path model,
      int samples,
      int anchorSamples,
      long seed,
      Consumer<String> progress) {
    Graph graph = OnnxReader.read(model);
    DependencyGraph groups = DependencyGraph.of(graph);
    Dataset calibration = data.dataset(BenchmarkData.Role.CALIBRATION, samples);
    Dataset validation = data.dataset(BenchmarkData.Role.VALIDATION);
    Map<Criterion, SensitivityReport> reports = new LinkedHashMap<>();
    Map<Criterion, Double> seconds = new LinkedHashMap<>();
    for (Criterion criterion : Criterion.values()) {
      progress.accept("scoring by " + name(criterion));
      CalibrationSettings settings =
          CalibrationSettings.newBuilder()
              .setSamples(samples)
              .setAnchorSamples(anchorSamples)
              .setExpansionSamples(validation.size())
              .build();
      Subject subject =
          new Subject(graph, groups, calibration, Optional.of(validation), settings, seed);
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
