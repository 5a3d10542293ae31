package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDManager;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.layer.WeightedLayer;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Subject;
import java.util.Map;

/**
 * Derivatives along channel gates on held-out examples and their own labels: no factors, so a
 * forward and a backward pass are all.
 */
public final class HeldOutPass {
  private HeldOutPass() {}

  /**
   * Makes the pass, with the network in evaluation mode.
   *
   * @param layers that read the channels, by node name
   * @param examples held out
   */
  public static GateDerivatives over(
      Subject subject,
      Map<String, WeightedLayer> layers,
      Dataset examples,
      ChannelCriterion.Progress progress) {
    SeparateReads reads = SeparateReads.of(subject.graph(), layers.values());
    GateDerivatives derivatives = new GateDerivatives(subject.groups(), layers, reads);
    int done = 0;
    try (Network network = Network.load(reads.graph())) {
      for (int[] indices : Batches.sequential(examples.size(), subject.settings().getBatchSize())) {
        try (NDManager manager = Torch.newManager();
            Batch batch = examples.batch(manager, indices)) {
          derivatives.begin(indices.length);
          network.observeValues(
              batch, LabelSampler.fromData(), derivatives.values(), derivatives::add);
          derivatives.end();
        }
        done += indices.length;
        progress.report(
            (double) done / examples.size(),
            "expansion over " + done + " of " + examples.size() + " held-out examples");
      }
    }
    return derivatives;
  }
}
