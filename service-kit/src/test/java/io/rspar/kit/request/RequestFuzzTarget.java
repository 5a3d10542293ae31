package io.rspar.kit.request;

import io.rspar.events.PruningRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** Entry of a coverage-guided fuzzer: {@code .ci/fuzz request}. */
public final class RequestFuzzTarget {
  private RequestFuzzTarget() {}

  public static void fuzzerTestOneInput(byte[] request) throws IOException {
    Path file = Files.write(Path.of("request.yaml").toAbsolutePath(), request);
    try {
      PruningRequest read = new RequestFile().read(file, Instant.EPOCH);
      if (read.getRequestId().isBlank()) {
        throw new AssertionError("a request without an id");
      }
    } catch (InvalidRequestException e) {
      if (e.getMessage().isBlank() || e.remedy().isBlank()) {
        throw new AssertionError("refused without a reason", e);
      }
    }
  }
}
