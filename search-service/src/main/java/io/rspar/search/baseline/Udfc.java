package io.rspar.search.baseline;

import io.rspar.search.allocation.ChannelChoice;
import io.rspar.search.allocation.UniformAllocation;
import java.util.Optional;

/**
 * The pruning half of unified compression, in a simplified form of Bai et al. ("Unified Data-Free
 * Compression: Pruning and Quantization without Fine-Tuning", ICCV 2023, arXiv 2308.07209): the
 * same fraction of every group stays, and the channels that stay are spread evenly over the ranking
 * by importance, so that the group keeps the distribution it had. Quantisation is left out. The
 * paper's closed-form compensation is the recovery's {@code DATA_FREE}.
 */
public record Udfc() implements Baseline {

  @Override
  public Prepared prepare(Subject subject, Progress progress) {
    subject.target().requireReachable();
    return new Prepared(
        subject.space().groups(),
        ChannelChoice.EVENLY_SPREAD,
        new UniformAllocation(),
        Optional.empty());
  }
}
