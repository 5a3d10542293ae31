package io.rspar.kit.request;

import io.rspar.events.PruningRequest;
import io.rspar.events.Purpose;
import io.rspar.events.TargetMetric;

/**
 * Over how long the sessions of a latency measurement are spread. A spell of a second in which a
 * machine treats two models differently must not choose between candidates, nor be what a report
 * states; candidates that are not chosen by latency are measured without pauses.
 */
public final class LatencySpread {
  /** How much longer the final model's measurement is spread. */
  private static final double FINAL = 3;

  private LatencySpread() {}

  /** Seconds from the first session's start to the last one's, at least. */
  public static double seconds(PruningRequest request, Purpose purpose) {
    double seconds = request.getMeasurement().getSpreadSeconds();
    if (purpose == Purpose.FINAL) {
      return FINAL * seconds;
    }
    TargetMetric metric = request.getTarget().getMetric();
    return metric == TargetMetric.LATENCY || metric == TargetMetric.ACCURACY_LOSS ? seconds : 0;
  }
}
