package io.rspar.sensitivity.criterion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.coupling.ValueSite;
import io.rspar.graph.op.Role;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.kernel.Mode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Mean magnitude of what a channel's consumers see of it, over calibration examples and positions
 * (after Polyak and Wolf 2015, Channel-Level Acceleration of Deep Face Representations); the mean
 * over several consumers' inputs. Where nothing consumes the channels, of what carries them.
 */
final class Activation implements ChannelCriterion {

  @Override
  public SensitivityReport measure(Subject subject, Progress progress) {
    Map<String, List<ValueSite>> sites = sites(subject);
    Map<String, Integer> axes = new HashMap<>();
    sites.values().forEach(list -> list.forEach(site -> axes.put(site.value(), site.axis())));
    int samples = subject.samples();
    Map<String, double[]> means = new LinkedHashMap<>();
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(subject.graph())) {
      int done = 0;
      for (int[] indices : Batches.sequential(samples, subject.settings().getBatchSize())) {
        double weight = (double) indices.length / samples;
        try (Batch batch = subject.calibration().batch(manager, indices);
            NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          network.logits(
              network.inputs(batch),
              Mode.EVAL,
              (name, value) -> {
                if (axes.containsKey(name)) {
                  add(means, name, magnitudes(value, axes.get(name)), weight);
                }
                return value;
              });
        }
        done += indices.length;
        progress.report(
            (double) done / samples, "activations of " + done + " of " + samples + " examples");
      }
    }
    return Scores.report(
        "ACTIVATION",
        false,
        samples,
        subject.groups(),
        group -> scores(sites.get(group.id()), means));
  }

  /** Mean magnitude per index of one axis. */
  private static double[] magnitudes(NDArray value, int axis) {
    Shape shape = value.getShape();
    long before = shape.slice(0, axis).size();
    long extent = shape.get(axis);
    NDArray sums =
        value.abs().reshape(before, extent, shape.size() / (before * extent)).sum(new int[] {0, 2});
    return sums.toType(DataType.FLOAT64, false).div((double) shape.size() / extent).toDoubleArray();
  }

  private static void add(Map<String, double[]> means, String name, double[] batch, double weight) {
    double[] sum = means.computeIfAbsent(name, key -> new double[batch.length]);
    Arrays.setAll(sum, i -> sum[i] + weight * batch[i]);
  }

  private static Optional<double[]> scores(List<ValueSite> sites, Map<String, double[]> means) {
    List<ValueSite> seen = sites.stream().filter(s -> means.containsKey(s.value())).toList();
    if (seen.isEmpty()) {
      return Optional.empty();
    }
    double[] scores = new double[seen.get(0).indices().length];
    for (ValueSite site : seen) {
      double[] mean = means.get(site.value());
      for (int channel = 0; channel < scores.length; channel++) {
        int[] indices = site.indices()[channel];
        for (int index : indices) {
          scores[channel] += mean[index] / (indices.length * (double) seen.size());
        }
      }
    }
    return Optional.of(scores);
  }

  /** Where to look, by group. */
  private static Map<String, List<ValueSite>> sites(Subject subject) {
    Map<String, List<ValueSite>> sites = new LinkedHashMap<>();
    for (ChannelGroup group : subject.groups().groups()) {
      Set<String> read = new HashSet<>();
      for (Member member : group.members(Role.CONSUMER)) {
        read.addAll(subject.groups().node(member.nodeName()).inputs());
      }
      List<ValueSite> consumed =
          group.values().stream().filter(site -> read.contains(site.value())).toList();
      sites.put(group.id(), consumed.isEmpty() ? group.values() : consumed);
    }
    return sites;
  }
}
