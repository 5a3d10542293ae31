package io.rspar.dashboard.web;

import io.rspar.events.ArtifactRef;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningCompleted;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

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

  private final ArtifactStore store;

  /** What lies in no folder of this machine, by its URI; results never change. */
  private final Map<String, ArtifactRef> fetched = new ConcurrentHashMap<>();

  ResultFiles(ArtifactStore store) {
    this.store = store;
  }

  List<Download> of(PruningCompleted completed) throws IOException {
    List<Download> found = new ArrayList<>();
    for (String name : TYPES.keySet()) {
      find(completed, name).ifPresent(found::add);
    }
    return found;
  }

  /** A file of this name, if it is one of a request's results and is there. */
  Optional<Download> find(PruningCompleted completed, String name) throws IOException {
    if (!TYPES.containsKey(name)) {
      return Optional.empty();
    }
    URI directory = URI.create(completed.getDirectory());
    Path path =
        "file".equals(directory.getScheme())
            ? Path.of(directory).resolve(name)
            : elsewhere(directory, name);
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

  /** A local copy; null where there is no such file, or where results may not lie. */
  private Path elsewhere(URI directory, String name) {
    String uri = directory + "/" + name;
    ArtifactRef known = fetched.get(uri);
    if (known == null) {
      try {
        known = store.exported(directory, name);
        fetched.put(uri, known);
      } catch (WorkException e) {
        if (e.reason() == FailureReason.ARTIFACT_MISSING
            || e.reason() == FailureReason.OUTPUT_NOT_WRITABLE) {
          return null;
        }
        throw e;
      }
    }
    return store.fetch(known);
  }
}
