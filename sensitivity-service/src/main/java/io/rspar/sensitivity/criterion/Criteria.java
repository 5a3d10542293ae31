package io.rspar.sensitivity.criterion;

import io.rspar.events.Criterion;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.sensitivity.obs.Hobs;

/** The criteria that a request can name. */
public final class Criteria {
  private Criteria() {}

  /** The criterion of this name. */
  public static ChannelCriterion of(Criterion name) {
    return switch (name) {
      case H_OBS -> new Hobs();
      case KFAC_OBD -> new KfacObd();
      case L1 -> new Magnitude(name.name(), seed -> DataFreeCriterion.l1());
      case L2 -> new Magnitude(name.name(), seed -> DataFreeCriterion.l2());
      case RANDOM -> new Magnitude(name.name(), DataFreeCriterion::random);
    };
  }
}
