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
    String root = System.getProperty(ROOT);
    Path all = root == null ? Path.of(".rspar") : Path.of(root);
    return new WorkFolder(all.resolve("runs").resolve(requestId).toAbsolutePath().normalize());
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

  private static void delete(Path folder) throws IOException {
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
