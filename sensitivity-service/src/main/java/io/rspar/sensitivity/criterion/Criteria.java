package io.rspar.sensitivity.criterion;

import io.rspar.events.Criterion;
import io.rspar.sensitivity.obs.Hobs;

/** The criteria that a request can name. */
public final class Criteria {
  private Criteria() {}

  /** The criterion of this name. */
  public static ChannelCriterion of(Criterion name) {
    return switch (name) {
      case H_OBS -> new Hobs();
      case KFAC_OBD -> new KfacObd();
      case DIAGONAL_FISHER -> new DiagonalFisher();
      case TAYLOR -> new Taylor();
      case ACTIVATION -> new Activation();
      case BN_SCALE -> new BatchNormScale();
      case L1 -> Magnitude.norm(name.name(), 1);
      case L2 -> Magnitude.norm(name.name(), 2);
      case RANDOM -> Magnitude.random(name.name());
    };
  }
}
