package io.rspar.dashboard.board;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.rspar.events.ArtifactRef;
import io.rspar.events.Purpose;

/**
 * What is known of one candidate; what is not known yet is null.
 *
 * @param last whether it is the one to be delivered
 * @param failure why it failed; null if it has not
 * @param plan which channels stay; of no use to a browser
 */
public record CandidateView(
    String id,
    int round,
    int index,
    boolean last,
    State state,
    @JsonUnwrapped Size size,
    @JsonUnwrapped Measured measured,
    String failure,
    @JsonIgnore ArtifactRef plan) {

  /** How far a candidate is, in order. */
  public enum State {
    PROPOSED,
    PRUNED,
    EVALUATED,
    FAILED
  }

  /**
   * From the pruner. Ratios are over the original's, and null too while that is not known.
   *
   * @param macs of one example
   */
  public record Size(Long macs, Long parameters, Double macsRatio, Double parametersRatio) {
    static final Size UNKNOWN = new Size(null, null, null, null);
  }

  /**
   * From the evaluator. Ratios are over the original's.
   *
   * @param role data that the accuracy was measured on
   */
  public record Measured(
      Double accuracy, String role, Double latencyRatio, Double energyRatio, Double reward) {
    static final Measured UNKNOWN = new Measured(null, null, null, null, null);
  }

  /** A candidate that has been proposed. */
  static CandidateView proposed(
      String id, int round, int index, Purpose purpose, ArtifactRef plan) {
    boolean last = purpose == Purpose.FINAL;
    return new CandidateView(
        id, round, index, last, State.PROPOSED, Size.UNKNOWN, Measured.UNKNOWN, null, plan);
  }

  CandidateView pruned(long macs, long parameters) {
    Size now = new Size(macs, parameters, null, null);
    return new CandidateView(id, round, index, last, State.PRUNED, now, measured, failure, plan);
  }

  CandidateView evaluated(Measured now) {
    return new CandidateView(id, round, index, last, State.EVALUATED, size, now, failure, plan);
  }

  /** Topics are read at their own pace: the failure may be known before the proposal. */
  CandidateView failed(String message) {
    return new CandidateView(id, round, index, last, State.FAILED, size, measured, message, plan);
  }

  /** With its costs as shares of the original's, where those are known. */
  CandidateView relativeTo(Long denseMacs, Long denseParameters) {
    Size relative =
        new Size(
            size.macs(),
            size.parameters(),
            ratio(size.macs(), denseMacs),
            ratio(size.parameters(), denseParameters));
    return new CandidateView(id, round, index, last, state, relative, measured, failure, plan);
  }

  private static Double ratio(Long value, Long dense) {
    return value == null || dense == null || dense == 0 ? null : (Double) ((double) value / dense);
  }
}
