package io.rspar.dashboard.web;

import io.rspar.events.PruningCompleted;
import io.rspar.kit.artifact.ArtifactStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The files of a finished request: from its results folder, or from the artifact store. */
final class ResultFiles {
  /** What can be had, with its media type; nothing else in the folder is served. */
  private static final Map<String, String> TYPES = new LinkedHashMap<>();

  static {
    TYPES.put("model.onnx", "application/octet-stream");
    TYPES.put("report.html", "text/html; charset=utf-8");
    TYPES.put("report.md", "text/markdown; charset=utf-8");
    TYPES.put("report.json", "application/json");
    TYPES.put("request.yaml", "application/yaml");
    TYPES.put("layers.csv", "text/csv");
    TYPES.put("candidates.csv", "text/csv");
    TYPES.put("pareto.svg", "image/svg+xml");
    TYPES.put("pruning-plan.json", "application/json");
    TYPES.put("sensitivity.json", "application/json");
    TYPES.put("search-log.json", "application/json");
    TYPES.put("provenance.json", "application/json");
  }

  /**
   * A file to download.
   *
   * @param name as in the results folder
   * @param bytes size
   */
  record Download(String name, String mediaType, long bytes, Path path) {}

  private ResultFiles() {}

  static List<Download> of(PruningCompleted completed, ArtifactStore store) throws IOException {
    List<Download> found = new ArrayList<>();
    for (String name : TYPES.keySet()) {
      find(completed, store, name).ifPresent(found::add);
    }
    return found;
  }

  /** A file of this name, if it is one of a request's results and is there. */
  static Optional<Download> find(PruningCompleted completed, ArtifactStore store, String name)
      throws IOException {
    if (!TYPES.containsKey(name)) {
      return Optional.empty();
    }
    Path path = inFolder(completed.getDirectory(), name);
    if (path == null || !Files.isRegularFile(path)) {
      path =
          switch (name) {
            case "model.onnx" -> store.fetch(completed.getModel());
            case "report.json" -> store.fetch(completed.getReport());
            default -> null;
          };
    }
    return path == null
        ? Optional.empty()
        : Optional.of(new Download(name, TYPES.get(name), Files.size(path), path));
  }

  private static Path inFolder(String directory, String name) {
    URI uri = URI.create(directory);
    return "file".equals(uri.getScheme()) ? Path.of(uri).resolve(name) : null;
  }
}
