package io.rspar.standalone.cli;

import picocli.CommandLine.ExitCode;

/** A command ends with one line that names cause and remedy. */
final class CommandFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final String remedy;
  private final int exitCode;

  private CommandFailure(String message, String remedy, int exitCode) {
    super(message);
    this.remedy = remedy;
    this.exitCode = exitCode;
  }

  /** The work could not be done. */
  static CommandFailure failed(String message, String remedy) {
    return new CommandFailure(message, remedy, ExitCode.SOFTWARE);
  }

  /** The command was given wrongly. */
  static CommandFailure usage(String message, String remedy) {
    return new CommandFailure(message, remedy, ExitCode.USAGE);
  }

  String line() {
    return "error: %s — %s".formatted(getMessage().replaceFirst("\\.$", ""), remedy);
  }

  int exitCode() {
    return exitCode;
  }
}
