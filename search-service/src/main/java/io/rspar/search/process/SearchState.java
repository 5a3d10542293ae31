package io.rspar.search.process;

import io.rspar.events.CandidateEvaluated;
import io.rspar.events.CurvatureSummed;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningAdmitted;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.Stage;
import io.rspar.events.WorkFailed;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is known of a request: the fold over its events.
 *
 * @param requestId the request
 * @param shards what is there of its curvature, if that is measured in shards
 * @param measured its sensitivities, once there
 * @param evaluated measured candidates by id, in order of arrival
 * @param failed failed candidates by id, in order of arrival
 * @param ended whether its result was published or its input failed
 */
public record SearchState(
    String requestId,
    Shards shards,
    Optional<SensitivityMeasured> measured,
    Map<String, CandidateEvaluated> evaluated,
    Map<String, WorkFailed> failed,
    boolean ended) {

  static SearchState initial(String requestId) {
    return new SearchState(requestId, Shards.NONE, Optional.empty(), Map.of(), Map.of(), false);
  }

  SearchState with(PruningAdmitted event) {
    return with(shards.with(event));
  }

  SearchState with(CurvatureSummed event) {
    return with(shards.with(event));
  }

  private SearchState with(Shards more) {
    return measured.isPresent() || more == shards
        ? this
        : new SearchState(requestId, more, measured, evaluated, failed, ended);
  }

  SearchState with(SensitivityMeasured event) {
    return measured.isPresent()
        ? this
        : new SearchState(requestId, shards, Optional.of(event), evaluated, failed, ended);
  }

  SearchState with(CandidateEvaluated event) {
    return knows(event.getCandidateId())
        ? this
        : new SearchState(
            requestId,
            shards,
            measured,
            extended(evaluated, event.getCandidateId(), event),
            failed,
            ended);
  }

  SearchState with(WorkFailed event) {
    if (event.getCandidateId() == null) {
      return isSettled(event) ? this : end();
    }
    return knows(event.getCandidateId())
        ? this
        : new SearchState(
            requestId,
            shards,
            measured,
            evaluated,
            extended(failed, event.getCandidateId(), event),
            ended);
  }

  /**
   * Whether what failed here was done elsewhere: what was admitted once stays so, whatever becomes
   * of a second copy of the request, and a shard that is there stays there. Any other failure that
   * is no candidate's ends the request: nobody will answer it. That goes for a record that cannot
   * be read too, since it may have been a shard's.
   */
  private boolean isSettled(WorkFailed event) {
    if (event.getStage() != Stage.SENSITIVITY) {
      return false;
    }
    boolean copy =
        event.getShardId() == null
            ? shards.admitted().isPresent() && event.getReason() != FailureReason.UNREADABLE_RECORD
            : shards.knows(event.getShardId());
    return measured.isPresent() || copy;
  }

  SearchState end() {
    return ended ? this : new SearchState(requestId, shards, measured, evaluated, failed, true);
  }

  private boolean knows(String candidateId) {
    return evaluated.containsKey(candidateId) || failed.containsKey(candidateId);
  }

  /** Whether every candidate of a round has ended, one way or the other. */
  boolean isRoundComplete(int round, int trials) {
    return candidates(round, trials).allMatch(this::knows);
  }

  /** Ids of a round's candidates. */
  Stream<String> candidates(int round, int trials) {
    return IntStream.range(0, trials).mapToObj(i -> CandidateId.of(requestId, round, i));
  }

  private static <V> Map<String, V> extended(Map<String, V> map, String key, V value) {
    Map<String, V> copy = new LinkedHashMap<>(map);
    copy.put(key, value);
    return Collections.unmodifiableMap(copy);
  }

  /**
   * The request's sensitivities.
   *
   * @throws IllegalStateException if they are not there yet
   */
  SensitivityMeasured sensitivities() {
    return measured.orElseThrow(
        () -> new IllegalStateException(requestId + " has no sensitivities yet"));
  }
}
