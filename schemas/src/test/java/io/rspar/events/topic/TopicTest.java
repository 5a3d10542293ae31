package io.rspar.events.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.CandidateProposed;
import io.rspar.events.CurvatureRequested;
import io.rspar.events.FailureReason;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicTest {

  @Test
  void namesAreUniqueAndFoundAgain() {
    assertThat(Arrays.stream(Topic.values()).map(Topic::topicName)).doesNotHaveDuplicates();
    for (Topic topic : Topic.values()) {
      assertThat(Topic.named(topic.topicName())).contains(topic);
      assertThat(Topic.named(topic.deadLetterName())).isEmpty();
    }
  }

  @Test
  void everyEventHasTheFieldThatItsTopicsKeyComesFrom() {
    for (Topic topic : Topic.values()) {
      if (topic == Topic.PRUNING_REQUESTS) {
        continue; // the id lies in the request
      }
      assertThat(topic.eventTypes())
          .allSatisfy(
              type ->
                  assertThat(
                          org.apache.avro.specific.SpecificData.get()
                              .getSchema(type)
                              .getField(topic.key().field()))
                      .as("%s.%s", type.getSimpleName(), topic.key().field())
                      .isNotNull());
    }
  }

  /** A worker has a range of the partitions, or every n-th. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 6, 8})
  void theCandidatesOfARoundAreSharedEvenly(int workers) {
    for (int r = 0; r < 50; r++) {
      int[] ofRanges = new int[workers];
      int[] ofEveryNth = new int[workers];
      for (int index = 0; index < 32; index++) {
        CandidateProposed proposed = new CandidateProposed();
        proposed.put("requestId", "r-" + r);
        proposed.put("index", index);
        int partition = Topic.PRUNING_CANDIDATES.partitionOf(proposed).orElseThrow();
        ofRanges[partition * workers / Topic.PARTITIONS]++;
        ofEveryNth[partition % workers]++;
        int fair = index / workers + 1;
        assertThat(Arrays.stream(ofRanges).max().orElseThrow()).isLessThan(fair + 3);
        assertThat(Arrays.stream(ofEveryNth).max()).hasValue(fair);
      }
    }
  }

  @Test
  void whatIsOneOfARequestLiesWhereItsKeySays() {
    assertThat(Topic.SENSITIVITY_REPORTS.partitionOf(workFailed())).isEmpty();
    CurvatureRequested shard = new CurvatureRequested();
    shard.put("requestId", "r-1");
    assertThat(Topic.CURVATURE_SHARDS.partitionOf(shard)).contains(Topic.partitionOf("r-1"));
  }

  @Test
  void theKeyFollowsTheTopic() {
    CandidateProposed proposed = new CandidateProposed();
    proposed.put("requestId", "r-1");
    proposed.put("candidateId", "r-1-0-3");
    assertThat(Topic.PRUNING_CANDIDATES.keyOf(proposed)).isEqualTo("r-1-0-3");
    assertThat(Topic.requestIdOf(proposed)).isEqualTo("r-1");
    CurvatureRequested shard = new CurvatureRequested();
    shard.put("requestId", "r-1");
    shard.put("shardId", "r-1/2");
    assertThat(Topic.CURVATURE_SHARDS.keyOf(shard)).isEqualTo("r-1/2");
    assertThat(Topic.requestIdOf(shard)).isEqualTo("r-1");
    assertThat(Topic.SENSITIVITY_REPORTS.keyOf(workFailed())).isEqualTo("r-1");
    assertThatThrownBy(() -> Topic.PRUNING_REQUESTS.keyOf(workFailed()))
        .hasMessageContaining("pruning-requests does not carry WorkFailed");
  }

  @Test
  void onlyTheStatusIsCompacted() {
    assertThat(Arrays.stream(Topic.values()).filter(t -> t.cleanup() == Topic.Cleanup.COMPACT))
        .containsExactly(Topic.PRUNING_STATUS);
  }

  private static WorkFailed workFailed() {
    return new WorkFailed(
        "r-1",
        "r-1-0-3",
        null,
        Stage.PRUNING,
        FailureReason.INTERNAL_ERROR,
        "it broke",
        "mend it",
        1,
        Instant.EPOCH);
  }
}
