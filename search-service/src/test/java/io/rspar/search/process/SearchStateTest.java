package io.rspar.search.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.FailureReason;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SearchStateTest {
  private final SearchState start = SearchState.initial("r");

  @Test
  void aFailureOfNoCandidateEndsTheRequestOnce() {
    SearchState ended = start.with(failed(null));
    assertThat(ended.ended()).isTrue();
    assertThat(ended.with(failed(null))).as("a duplicate").isSameAs(ended);
  }

  @Test
  void aFailedCandidateCompletesItsRoundAndCountsOnce() {
    SearchState one = start.with(failed(CandidateId.of("r", 0, 0)));
    assertThat(one.ended()).isFalse();
    assertThat(one.isRoundComplete(0, 2)).isFalse();
    assertThat(one.with(failed(CandidateId.of("r", 0, 0)))).as("a duplicate").isSameAs(one);
    assertThat(one.with(failed(CandidateId.of("r", 0, 1))).isRoundComplete(0, 2)).isTrue();
  }

  @Test
  void aCopyOfAnAdmittedRequestThatIsNotAdmittedChangesNothing() {
    SearchState admitted = start.with(TestEvents.measured("r", "default"));
    WorkFailed copy = WorkFailed.newBuilder(failed(null)).setStage(Stage.SENSITIVITY).build();
    assertThat(admitted.with(copy)).isSameAs(admitted);
    assertThat(admitted.with(failed(null)).ended()).as("a later stage's failure").isTrue();
  }

  @Test
  void aShardThatIsThereStaysThere() {
    SearchState one = start.with(TestEvents.admitted("r", 2)).with(TestEvents.summed("r", 1, 2));
    assertThat(one.with(TestEvents.admitted("r", 2))).as("a duplicate").isSameAs(one);
    assertThat(one.with(TestEvents.summed("r", 1, 2))).as("a duplicate").isSameAs(one);
    assertThat(one.shards().areComplete()).isFalse();
    assertThat(one.with(failedShard("r/1"))).as("failed when it was done again").isSameAs(one);
    assertThat(one.with(failedShard("r/0")).ended()).isTrue();
    assertThat(one.with(failedShard("r/all")).ended()).isTrue();
    SearchState both = one.with(TestEvents.summed("r", 0, 2));
    assertThat(both.shards().areComplete()).isTrue();
    SearchState measured = both.with(TestEvents.measured("r", "default"));
    assertThat(measured.with(failedShard("r/all"))).isSameAs(measured);
    assertThat(measured.with(TestEvents.summed("r", 7, 8))).isSameAs(measured);
  }

  @Test
  void aCopyOfARequestInShardsThatIsNotAdmittedChangesNothing() {
    SearchState admitted = start.with(TestEvents.admitted("r", 2));
    assertThat(admitted.with(failedShard(null))).isSameAs(admitted);
    WorkFailed unreadable =
        WorkFailed.newBuilder(failedShard(null)).setReason(FailureReason.UNREADABLE_RECORD).build();
    assertThat(admitted.with(unreadable).ended()).as("it may have been a shard").isTrue();
  }

  private static WorkFailed failedShard(String shardId) {
    return WorkFailed.newBuilder(failed(null))
        .setStage(Stage.SENSITIVITY)
        .setShardId(shardId)
        .build();
  }

  private static WorkFailed failed(String candidateId) {
    return WorkFailed.newBuilder()
        .setRequestId("r")
        .setCandidateId(candidateId)
        .setStage(Stage.PRUNING)
        .setReason(FailureReason.INTERNAL_ERROR)
        .setMessage("message")
        .setRemedy("remedy")
        .setAttempts(1)
        .setFailedAt(Instant.EPOCH)
        .build();
  }
}
