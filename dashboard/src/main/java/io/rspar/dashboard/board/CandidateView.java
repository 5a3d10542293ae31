package io.rspar.dashboard.board;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.rspar.events.ArtifactRef;
import io.rspar.events.Purpose;

/**
 * What is known of one candidate. Ratios are over the original's cost; what is not known yet is
 * null.
 *
 * @param last whether it is the one to be delivered
 * @param macs of one example
 * @param macsRatio null too while the original's cost is not known
 * @param role data that the accuracy was measured on
 * @param failure why it failed; null if it has not
 * @param plan which channels stay; of no use to a browser
 */
public record CandidateView(
    String id,
    int round,
    int index,
    boolean last,
    State state,
    Long macs,
    Long parameters,
    Double macsRatio,
    Double parametersRatio,
    Double accuracy,
    String role,
    Double latencyRatio,
    Double energyRatio,
    Double reward,
    String failure,
    @JsonIgnore ArtifactRef plan) {

  /** How far a candidate is, in order. */
  public enum State {
    PROPOSED,
    PRUNED,
    EVALUATED,
    FAILED
  }

  /** A candidate that has been proposed. */
  static CandidateView proposed(
      String id, int round, int index, Purpose purpose, ArtifactRef plan) {
    return new CandidateView(
        id,
        round,
        index,
        purpose == Purpose.FINAL,
        State.PROPOSED,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        plan);
  }

  CandidateView pruned(long itsMacs, long itsParameters) {
    return new CandidateView(
        id,
        round,
        index,
        last,
        State.PRUNED,
        itsMacs,
        itsParameters,
        null,
        null,
        accuracy,
        role,
        latencyRatio,
        energyRatio,
        reward,
        failure,
        plan);
  }

  CandidateView evaluated(
      double itsAccuracy, String itsRole, double latency, Double energy, double itsReward) {
    return new CandidateView(
        id,
        round,
        index,
        last,
        State.EVALUATED,
        macs,
        parameters,
        null,
        null,
        itsAccuracy,
        itsRole,
        latency,
        energy,
        itsReward,
        failure,
        plan);
  }

  /** Topics are read at their own pace: the failure may be known before the proposal. */
  CandidateView failed(String message) {
    return new CandidateView(
        id,
        round,
        index,
        last,
        State.FAILED,
        macs,
        parameters,
        null,
        null,
        accuracy,
        role,
        latencyRatio,
        energyRatio,
        reward,
        message,
        plan);
  }

  /** With its costs as shares of the original's, where those are known. */
  CandidateView relativeTo(Long denseMacs, Long denseParameters) {
    return new CandidateView(
        id,
        round,
        index,
        last,
        state,
        macs,
        parameters,
        ratio(macs, denseMacs),
        ratio(parameters, denseParameters),
        accuracy,
        role,
        latencyRatio,
        energyRatio,
        reward,
        failure,
        plan);
  }

  private static Double ratio(Long value, Long dense) {
    return value == null || dense == null || dense == 0 ? null : (Double) ((double) value / dense);
  }
}
