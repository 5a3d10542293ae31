package io.rspar.sensitivity.curvature;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What calibration data say of a network's curvature.
 *
 * @param factors Kronecker factors by node name; each may be closed as soon as it has served
 * @param directions derivatives along gates on single channels
 * @param manager owns the factors
 */
public record Curvature(
    Map<String, LayerFactors> factors, GateDerivatives directions, NDManager manager)
    implements AutoCloseable {

  /** What a reader of the scores should know of their estimation, one sentence each. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    factors.forEach(
        (node, f) -> {
          if (f.a().size() > f.groups()) {
            warnings.add(
                String.format(
                    Locale.ROOT,
                    "The input factor of %s, of %d columns, is block-diagonal (%d blocks): what it"
                        + " leaves out holds %.1f %% of its squared norm.",
                    node,
                    f.inputs(),
                    f.a().size(),
                    100 * f.dropped()));
          }
        });
    return warnings;
  }

  /** Frees all factors. */
  @Override
  public void close() {
    manager.close();
  }
}
