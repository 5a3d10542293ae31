package io.rspar.search.report;

import io.rspar.events.SensitivityMeasured;
import io.rspar.kit.request.RequestYaml;

/** The request as a file beside the results, and the command that runs it again. */
final class ReproducibleRequest {
  static final String FILE = "request.yaml";
  static final String COMMAND = "rspar run " + FILE + " --out again";

  private ReproducibleRequest() {}

  static String of(SensitivityMeasured measured) {
    return "# The request of "
        + measured.getRequestId()
        + "; run it again: "
        + COMMAND
        + "\n"
        + RequestYaml.of(measured.getRequest(), measured.getOrigins());
  }
}
