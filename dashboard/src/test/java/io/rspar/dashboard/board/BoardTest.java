package io.rspar.dashboard.board;

import static io.rspar.dashboard.board.Events.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.events.PruningStatus;
import io.rspar.events.Stage;
import io.rspar.events.topic.Topic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoardTest {
  private static final Instant NOW = START.plusSeconds(30);
  private static final String ID = "r-1";

  private final Board board = new Board(3);

  @Test
  void aRequestIsFollowedFromItsSubmissionToItsResult() {
    fold(Events.requested(ID));
    assertThat(summary())
        .returns("SUBMITTED", Summary::stage)
        .returns("small net", Summary::model)
        .returns("latency ≤ 60 %", Summary::target)
        .returns(0.0, Summary::progress)
        .returns(null, Summary::accuracy);

    worker(Events.status(ID, Stage.SENSITIVITY, 0.5, 0, 0, 5));
    assertThat(summary())
        .returns("SENSITIVITY", Summary::stage)
        .returns(0.1, Summary::progress)
        .returns("doing SENSITIVITY", Summary::detail);

    fold(Events.measured(ID));
    fold(Events.status(ID, Stage.SEARCH, 0.25, 1, 5, 12));
    fold(Events.evaluated(ID, "r0.c0", 0, 0.85));
    assertThat(summary())
        .returns("SEARCH", Summary::stage)
        .returns(0.85, Summary::accuracy)
        .returns(0.6, Summary::macsRatio)
        .returns(80L, Summary::secondsLeft);
    assertThat(summary().progress()).isCloseTo(0.2 + 0.6 / 4, within(1e-9));

    fold(Events.completed(ID));
    assertThat(summary())
        .returns("COMPLETED", Summary::stage)
        .returns(1.0, Summary::progress)
        .returns(true, Summary::goalMet)
        .returns(null, Summary::secondsLeft);
  }

  @Test
  void aRequestInShardsTellsOfEach() {
    fold(Events.admitted(ID, 2));
    fold(Events.shardRequested(ID, 0, 2));
    fold(Events.shardRequested(ID, 1, 2));
    fold(Events.shardSummed(ID, 1, 2));
    fold(Events.shardSummed(ID, 0, 2));
    fold(Events.scoresRequested(ID, 2));
    assertThat(detail().events())
        .extracting(EventLine::text)
        .containsExactly(
            "all 2 shards are there",
            "shard 1 of 2 summed up in 3.0 s",
            "shard 2 of 2 summed up in 3.0 s",
            "shard 2 of 2 to be summed up",
            "shard 1 of 2 to be summed up",
            "admitted; 2 shards");
  }

  @Test
  void aFailureSaysWhatToDo() {
    fold(Events.requested(ID));
    fold(Events.failed(ID));
    assertThat(detail().failure())
        .isEqualTo(
            new Detail.Failure(
                "SENSITIVITY", "INVALID_MODEL", "the model is broken", "export it again"));
    assertThat(summary().detail()).isEqualTo("the model is broken");
  }

  @Test
  void theDeliveredModelIsTheBestHoweverWellOthersDid() {
    fold(Events.measured(ID));
    fold(Events.evaluated(ID, "r0.c0", 0, 0.95));
    assertThat(board.candidate(ID, Optional.empty()).orElseThrow().id()).isEqualTo(ID + ".r0.c0");
    fold(Events.evaluated(ID, "final", 1, 0.90));
    assertThat(board.candidate(ID, Optional.empty()).orElseThrow().id()).isEqualTo(ID + ".final");
  }

  /** Topics are read at their own pace, and after a reconnection from the beginning again. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void theOrderBetweenTopicsAndRepetitionChangeNothing(long seed) {
    List<SpecificRecord> events =
        List.of(
            Events.requested(ID),
            Events.measured(ID),
            Events.status(ID, Stage.SEARCH, 0, 0, 3, 11),
            Events.proposed(ID, "r0.c0", 0),
            Events.pruned(ID, "r0.c0", 0),
            Events.evaluated(ID, "r0.c0", 0, 0.8),
            Events.proposed(ID, "r0.c1", 0),
            Events.failedWork(ID, "r0.c1", "no memory"),
            Events.status(ID, Stage.PRUNING, 0, 2, 3, 15),
            Events.proposed(ID, "final", 1),
            Events.pruned(ID, "final", 1));
    events.forEach(this::fold);
    Detail inOrder = detail();

    Board other = new Board(3);
    List<SpecificRecord> shuffled = new ArrayList<>(events);
    shuffled.addAll(events);
    Collections.shuffle(shuffled, new Random(seed));
    shuffled.forEach(e -> fold(other, e, true));
    Detail mixed = other.detail(ID, NOW).orElseThrow();

    assertThat(mixed.candidates()).containsExactlyElementsOf(inOrder.candidates());
    assertThat(mixed.summary())
        .usingRecursiveComparison()
        .ignoringFields("revision")
        .isEqualTo(inOrder.summary());
    assertThat(inOrder.candidates())
        .extracting(CandidateView::state)
        .containsExactly(
            CandidateView.State.EVALUATED, CandidateView.State.FAILED, CandidateView.State.PRUNED);
    assertThat(inOrder.candidates().get(0).size().macsRatio()).isEqualTo(0.6);
    assertThat(inOrder.candidates().get(1).failure()).isEqualTo("no memory");
  }

  @Test
  void aReaderLearnsWhatIsNewSinceItLastLooked() {
    fold(Events.requested(ID));
    long seen = board.since(0).revision();
    assertThat(board.since(0).requests()).containsExactly(ID);
    assertThat(board.since(seen).requests()).isEmpty();
    fold(Events.requested("r-2"));
    assertThat(board.since(seen).requests()).containsExactly("r-2");
    assertThat(board.since(seen).revision()).isGreaterThan(seen);
  }

  @Test
  void theOldestThatHaveEndedAreForgottenFirst() {
    fold(Events.requested("open"));
    fold(Events.failed("ended"));
    fold(Events.requested("b"));
    fold(Events.requested("c"));
    assertThat(board.summaries(NOW))
        .extracting(Summary::id)
        .containsExactlyInAnyOrder("open", "b", "c");
  }

  @Test
  void candidatesOfForgottenRequestsStayCounted() {
    fold(Events.evaluated("a", "r0.c0", 0, 0.5));
    fold(Events.failed("a"));
    for (String id : List.of("b", "c", "d")) {
      fold(Events.requested(id));
    }
    assertThat(board.detail("a", NOW)).isEmpty();
    assertThat(board.candidatesEvaluated()).isEqualTo(1);
  }

  @Test
  void aDeadLetterIsMarkedWheneverItIsKnownToHaveBeenSentAgain() {
    DeadLetter letter =
        new DeadLetter("x-dlq", 3, 7, "x", ID, "type", "REASON", "why", "1", START, null);
    board.redriven("x-dlq/3/7", NOW);
    board.add(letter);
    assertThat(board.deadLetters()).extracting(DeadLetter::redrivenAt).containsExactly(NOW);
    assertThat(letter.coordinates()).isEqualTo("x-dlq/3/7");
  }

  private void fold(SpecificRecord event) {
    fold(board, event, true);
  }

  private void worker(PruningStatus status) {
    fold(board, status, false);
  }

  private static void fold(Board board, SpecificRecord event, boolean summary) {
    String id = Topic.requestIdOf(event);
    board.fold(id, "topic", START, event, summary);
  }

  private Summary summary() {
    return detail().summary();
  }

  private Detail detail() {
    return board.detail(ID, NOW).orElseThrow();
  }
}
