package io.rspar.standalone.cli;

import java.nio.file.Path;

/** Where the project lies, with its examples; the launcher says it. */
final class ProjectFolder {
  private static final String PROPERTY = "rspar.home";

  private ProjectFolder() {}

  /** The folder; the current one if the program was started without the launcher. */
  static Path path() {
    return Path.of(System.getProperty(PROPERTY, "."));
  }
}
