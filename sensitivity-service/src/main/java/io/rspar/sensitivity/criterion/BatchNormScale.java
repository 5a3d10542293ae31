package io.rspar.sensitivity.criterion;

import io.rspar.events.GroupReduction;
import io.rspar.graph.Node;
import io.rspar.graph.shape.Shapes;
import io.rspar.kit.sensitivity.SensitivityReport;
import java.util.HashMap;
import java.util.Map;

/**
 * |γ| of the normalisation behind a channel (Liu et al. 2017, Network Slimming, arXiv 1708.06519).
 * Meant for networks whose γ were driven towards zero in training.
 */
final class BatchNormScale implements ChannelCriterion {

  @Override
  public SensitivityReport measure(Subject subject, Progress progress) {
    Shapes shapes = Shapes.infer(subject.graph());
    Map<String, float[]> scales = new HashMap<>();
    Map<String, long[]> extents = new HashMap<>();
    for (Node node : subject.graph().nodes()) {
      if (node.opType().endsWith("Normalization") && node.hasInput(1)) {
        shapes
            .constant(node.input(1))
            .ifPresent(
                scale -> {
                  scales.put(node.input(1), scale.toFloats());
                  extents.put(node.input(1), scale.shape().toArray());
                });
      }
    }
    MemberSums scores =
        new MemberSums(scales, extents, Math::abs, subject.reduction(GroupReduction.MEAN));
    progress.report(1, "scales read");
    return Scores.report("BN_SCALE", false, 0, subject.groups(), scores::of);
  }
}
