package io.rspar.sensitivity;

import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningRequest;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.sensitivity.SensitivityReport;
import io.rspar.sensitivity.criterion.ChannelCriterion;
import io.rspar.sensitivity.criterion.Criteria;
import io.rspar.sensitivity.criterion.CurvatureCriterion;
import io.rspar.sensitivity.criterion.Subject;
import io.rspar.sensitivity.curvature.CurvatureSums;
import io.rspar.sensitivity.curvature.ExampleRange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/**
 * A request's curvature from ranges of its calibration examples: each range's sums go into the
 * store, and all of them come out again to be added up.
 */
final class CurvatureShards {
  private final ArtifactStore store;
  private final PruningRequest request;
  private final Subject subject;
  private final int shards;

  /**
   * @param request admitted
   * @param subject what it names
   */
  CurvatureShards(ArtifactStore store, PruningRequest request, Subject subject, int shards) {
    this.store = store;
    this.request = request;
    this.subject = subject;
    this.shards = shards;
  }

  /** Sums over one range's examples. */
  ArtifactRef sum(int shard, ChannelCriterion.Progress progress) {
    CurvatureCriterion criterion = (CurvatureCriterion) Criteria.of(request.getCriterion());
    String label = "shard " + (shard + 1) + " of " + shards + ": ";
    try (CurvatureSums sums = criterion.sums(subject)) {
      sums.observe(range(shard), (share, detail) -> progress.report(share, label + detail));
      return store.put(out -> sums.write(out, contents()), CurvatureSums.MEDIA_TYPE);
    }
  }

  /**
   * Scores from the sums of all ranges.
   *
   * @param stored in the order of the shards
   */
  SensitivityReport measure(
      CurvatureCriterion criterion, List<ArtifactRef> stored, ChannelCriterion.Progress progress)
      throws IOException {
    try (CurvatureSums sums = criterion.sums(subject)) {
      for (int shard = 0; shard < shards; shard++) {
        progress.report(0, "adding shard " + (shard + 1) + " of " + shards);
        sums.add(store.fetch(stored.get(shard)), range(shard), contents());
      }
      return criterion.measure(subject, sums, progress);
    }
  }

  private ExampleRange range(int shard) {
    return ExampleRange.ofShard(
        shard, shards, subject.samples(), subject.settings().getBatchSize());
  }

  /** A name that sums share only if they can be added. */
  private String contents() {
    byte[] all =
        SensitivityWorker.everythingThatMatters(request)
            .toString()
            .getBytes(StandardCharsets.UTF_8);
    return "model %s, data and settings %s"
        .formatted(request.getModel().getSha256(), UUID.nameUUIDFromBytes(all));
  }
}
