package io.rspar.sensitivity.criterion;

import io.rspar.events.Criterion;
import io.rspar.sensitivity.curvature.FactorSink;
import io.rspar.sensitivity.curvature.Ledger;
import io.rspar.sensitivity.obs.Hobs;

/** The criteria that a request can name. */
public final class Criteria {
  private Criteria() {}

  /** Whether this criterion rests on curvature, so that services can share the work. */
  public static boolean isShared(Criterion name) {
    return of(name) instanceof CurvatureCriterion;
  }

  /** The criterion of this name. */
  public static ChannelCriterion of(Criterion name) {
    return of(name, FactorSink.NONE);
  }

  /**
   * The criterion of this name.
   *
   * @param sink receives the factors of H_OBS
   */
  public static ChannelCriterion of(Criterion name, FactorSink sink) {
    return switch (name) {
      case H_OBS -> new Hobs(new Ledger(), sink);
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
