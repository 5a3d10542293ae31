package io.rspar.sensitivity.criterion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.rspar.events.GroupReduction;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import java.util.HashMap;
import java.util.Map;

/**
 * First-order Taylor expansion: |Σ w·∂L/∂w| over a channel's weights, with L the mean loss of the
 * calibration labels (Molchanov et al. 2019, Importance Estimation for Neural Network Pruning,
 * arXiv 1906.10771, equation 8 with the magnitude in the place of the square), per member of the
 * group. Nats.
 */
final class Taylor implements ChannelCriterion {

  @Override
  public SensitivityReport measure(Subject subject, Progress progress) {
    int samples = subject.samples();
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(subject.graph())) {
      Map<String, NDArray> sums = new HashMap<>();
      network
          .parameters()
          .forEach((name, weight) -> sums.put(name, manager.zeros(weight.getShape())));
      int done = 0;
      for (int[] indices : Batches.sequential(samples, subject.settings().getBatchSize())) {
        try (Batch batch = subject.calibration().batch(manager, indices)) {
          network
              .parameterGradients(batch, LabelSampler.fromData())
              .forEach(
                  (name, gradient) -> {
                    sums.get(name).addi(gradient);
                    gradient.close();
                  });
        }
        done += indices.length;
        progress.report(
            (double) done / samples, "gradients of " + done + " of " + samples + " examples");
      }
      Map<String, float[]> products = new HashMap<>();
      Map<String, long[]> shapes = new HashMap<>();
      network
          .parameters()
          .forEach(
              (name, weight) -> {
                float[] values = weight.toFloatArray();
                float[] gradients = sums.get(name).toFloatArray();
                for (int i = 0; i < values.length; i++) {
                  values[i] *= gradients[i] / samples;
                }
                products.put(name, values);
                shapes.put(name, weight.getShape().getShape());
              });
      MemberSums scores =
          new MemberSums(products, shapes, Math::abs, subject.reduction(GroupReduction.MEAN));
      return Scores.report("TAYLOR", true, samples, subject.groups(), scores::of);
    }
  }
}
