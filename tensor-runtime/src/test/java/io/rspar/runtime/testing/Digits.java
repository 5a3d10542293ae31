package io.rspar.runtime.testing;

import io.rspar.runtime.data.DataDescription;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Format;
import io.rspar.runtime.data.Slice;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;

/** The UCI digits as 1×8×8 images; see the README beside the file. */
public final class Digits {
  private Digits() {}

  public static Dataset train() {
    return read(Slice.first(1400));
  }

  public static Dataset test() {
    return read(new Slice(1400, Slice.ALL));
  }

  private static Dataset read(Slice slice) {
    DataDescription description =
        DataDescription.of(Format.CSV)
            .withExampleShape(1, 8, 8)
            .withNormalization(16, List.of(0.3f), List.of(0.38f));
    try {
      Path file =
          Path.of(Digits.class.getResource("/io/rspar/runtime/training/digits.csv.gz").toURI());
      return Dataset.read(description, List.of(file), slice);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
