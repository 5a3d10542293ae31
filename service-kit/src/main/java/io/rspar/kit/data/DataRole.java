package io.rspar.kit.data;

import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import java.util.Locale;
import java.util.Optional;

/** What examples are used for. Roles never mix. */
public enum DataRole {
  /** Sensitivity scores and BatchNorm re-calibration. */
  CALIBRATION,
  /** Recovery. */
  TRAIN,
  /** Rewards of the search. */
  VALIDATION,
  /** The report, once. */
  TEST;

  /** The slice of a request's data that has this role. */
  public Optional<DataSlice> of(DataSpec data) {
    return Optional.ofNullable(
        switch (this) {
          case CALIBRATION -> data.getCalibration();
          case TRAIN -> data.getTrain();
          case VALIDATION -> data.getValidation();
          case TEST -> data.getTest();
        });
  }

  /** The role's name in events and reports. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
