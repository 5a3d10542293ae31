package io.rspar.sensitivity.criterion;

import io.rspar.kit.sensitivity.SensitivityReport;

/** Scores the channels of a network. */
@FunctionalInterface
public interface ChannelCriterion {
  /**
   * Scores every channel of every prunable group.
   *
   * @param subject the network, its groups and the calibration data
   * @param progress told the share that is done
   */
  SensitivityReport measure(Subject subject, Progress progress);

  /** Hears how far a measurement is. */
  @FunctionalInterface
  interface Progress {
    /**
     * @param share 0 to 1
     * @param detail what is being done, for a person to read
     */
    void report(double share, String detail);

    /** As {@link #report}, at the beginning of a layer's own part of the work. */
    default void layer(double share, String detail) {
      report(share, detail);
    }
  }
}
