package io.rspar.sensitivity.curvature;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where the time of a second-order analysis goes, by phase and layer. */
public final class Ledger {
  /** What is being done. */
  public enum Phase {
    /** Forward and backward passes; not of any one layer. */
    PASSES,
    /** Sums of outer products of gradients. */
    GRADIENT_FACTORS,
    /** Patches and sums of their outer products. */
    INPUT_FACTORS,
    /** Derivatives of gates on channels. */
    DIRECTIONS,
    /** Inverses of damped factors. */
    INVERSES,
    /** Greedy elimination, by group. */
    CURVES
  }

  private final Map<Phase, Map<String, Long>> nanos = new EnumMap<>(Phase.class);

  /** Books the time since an instant. */
  public void book(Phase phase, String name, long sinceNanos) {
    nanos
        .computeIfAbsent(phase, p -> new LinkedHashMap<>())
        .merge(name, System.nanoTime() - sinceNanos, Long::sum);
  }

  /** Seconds of a phase by layer or group. */
  public Map<String, Double> seconds(Phase phase) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    nanos.getOrDefault(phase, Map.of()).forEach((name, n) -> seconds.put(name, n / 1e9));
    return seconds;
  }

  /** Seconds of a phase. */
  public double total(Phase phase) {
    return seconds(phase).values().stream().mapToDouble(s -> s).sum();
  }
}
