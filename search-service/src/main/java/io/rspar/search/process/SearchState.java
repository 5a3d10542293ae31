package io.rspar.search.process;

import io.rspar.events.CandidateEvaluated;
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
 * @param measured its sensitivities, once there
 * @param evaluated measured candidates by id, in order of arrival
 * @param failed failed candidates by id, in order of arrival
 * @param ended whether its result was published or its input failed
 */
public record SearchState(
    String requestId,
    Optional<SensitivityMeasured> measured,
    Map<String, CandidateEvaluated> evaluated,
    Map<String, WorkFailed> failed,
    boolean ended) {

  static SearchState initial(String requestId) {
    return new SearchState(requestId, Optional.empty(), Map.of(), Map.of(), false);
  }

  SearchState with(SensitivityMeasured event) {
    return measured.isPresent()
        ? this
        : new SearchState(requestId, Optional.of(event), evaluated, failed, ended);
  }

  SearchState with(CandidateEvaluated event) {
    return knows(event.getCandidateId())
        ? this
        : new SearchState(
            requestId, measured, extended(evaluated, event.getCandidateId(), event), failed, ended);
  }

  SearchState with(WorkFailed event) {
    if (event.getCandidateId() == null) {
      // Not admitted, or a candidate's record that nobody can read: no candidate will answer. But
      // what was admitted once stays so, whatever becomes of a second copy of the request.
      boolean copy = event.getStage() == Stage.SENSITIVITY && measured.isPresent();
      return copy ? this : end();
    }
    return knows(event.getCandidateId())
        ? this
        : new SearchState(
            requestId, measured, evaluated, extended(failed, event.getCandidateId(), event), ended);
  }

  SearchState end() {
    return ended ? this : new SearchState(requestId, measured, evaluated, failed, true);
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
