package io.rspar.standalone.cli;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Where a run keeps its broker's data, its artifacts and its logs. */
record WorkFolder(Path path) {
  /** System property that names the folder of all runs; the launcher sets it. */
  private static final String ROOT = "rspar.work";

  static WorkFolder of(String requestId) {
    return new WorkFolder(root().resolve("runs").resolve(requestId).toAbsolutePath().normalize());
  }

  /** The folder of everything that commands leave behind. */
  static Path root() {
    String root = System.getProperty(ROOT);
    return root == null ? Path.of(".rspar") : Path.of(root);
  }

  Path logs() {
    return path.resolve("logs");
  }

  /** Deletes what a finished run does not need any more; the logs stay. */
  void discardData() throws IOException {
    delete(path.resolve("kafka"));
    delete(path.resolve("artifacts"));
    delete(path.resolve("checkpoints"));
  }

  /** Deletes a folder and all in it, if it is there. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
