package io.rspar.standalone.cli;

import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** Whether and where a dashboard is served while a command runs. */
final class DashboardOptions {
  static final String DEFAULT_PORT = "8080";

  @Option(
      names = "--dashboard",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Serve the live dashboard while it runs. Default: yes.")
  private boolean dashboard;

  @Option(
      names = "--dashboard-port",
      paramLabel = "PORT",
      defaultValue = DEFAULT_PORT,
      description =
          "Port on this machine; another one if it is taken. Default: " + DEFAULT_PORT + ".")
  private int port;

  OptionalInt port() {
    return dashboard ? OptionalInt.of(port) : OptionalInt.empty();
  }
}
