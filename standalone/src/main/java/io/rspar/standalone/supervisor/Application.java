package io.rspar.standalone.supervisor;

import java.io.FileNotFoundException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The packaged application that the service processes run.
 *
 * @param runner {@code quarkus-run.jar}
 */
public record Application(Path runner) {
  /** Overrides where the packaged application lies: its {@code quarkus-app} folder. */
  public static final String LOCATION = "rspar.application";

  /**
   * Finds it beside the jar that this class comes from, as the build lays it out.
   *
   * @throws FileNotFoundException if it has not been built
   */
  public static Application locate() throws FileNotFoundException {
    String stated = System.getProperty(LOCATION);
    Path folder = stated != null ? Path.of(stated) : besideThisJar();
    Path runner = folder.resolve("quarkus-run.jar").toAbsolutePath();
    if (!Files.isRegularFile(runner)) {
      throw new FileNotFoundException(
          "%s does not exist: build it with mvn package".formatted(runner));
    }
    return new Application(runner);
  }

  private static Path besideThisJar() {
    try {
      // <quarkus-app>/app/<this jar>
      Path jar =
          Path.of(Application.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return jar.resolve("../..").normalize();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("A class path entry is no file", e);
    }
  }
}
