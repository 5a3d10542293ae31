package io.rspar.sensitivity.curvature;

import java.util.Map;

/** Receives the factors of an analysis before it consumes them. */
@FunctionalInterface
public interface FactorSink {
  /** Wants none. */
  FactorSink NONE = factors -> {};

  /**
   * Called once.
   *
   * @param factors by node name, undamped; to be read now, not kept
   */
  void accept(Map<String, LayerFactors> factors);
}
