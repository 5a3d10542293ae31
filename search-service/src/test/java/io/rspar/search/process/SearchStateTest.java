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
