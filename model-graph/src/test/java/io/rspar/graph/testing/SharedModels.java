package io.rspar.graph.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Published networks outside of the repository, named by {@code -Drspar.shared.models=FOLDER}. */
public final class SharedModels {
  private SharedModels() {}

  /** Every ONNX file below the folder, in the order of names; none if the property is not set. */
  public static List<Path> all() {
    String folder = System.getProperty("rspar.shared.models", "");
    if (folder.isEmpty()) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(Path.of(folder))) {
      return files.filter(f -> f.toString().endsWith(".onnx")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
