package io.rspar.standalone.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The content of {@code comparison.json}.
 *
 * @param conditions what all runs have in common: the request without method, seed and names
 * @param rows one per method and seed, in the order in which they were run
 */
public record Comparison(String conditions, List<Run> rows) {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  public Comparison {
    rows = List.copyOf(rows);
  }

  /** What a file holds; empty if there is none. */
  public static Optional<Comparison> read(Path file) throws IOException {
    return Files.exists(file)
        ? Optional.of(MAPPER.readValue(Files.readAllBytes(file), Comparison.class))
        : Optional.empty();
  }

  /** Replaces the file at once. */
  public void write(Path file) throws IOException {
    Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".part"), toJson());
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  public String toJson() {
    try {
      return MAPPER.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a comparison is always serialisable", e);
    }
  }

  /** The completed run of a method and seed; one that failed may be tried again. */
  public Optional<Run> completed(String method, long seed) {
    return rows.stream()
        .filter(r -> r.method().equals(method) && r.seed() == seed && r.isCompleted())
        .findFirst();
  }

  /** This comparison with a run in place of an earlier one of the same method and seed. */
  public Comparison with(Run run) {
    List<Run> all = new ArrayList<>(rows);
    all.removeIf(r -> r.method().equals(run.method()) && r.seed() == run.seed());
    all.add(run);
    return new Comparison(conditions, all);
  }

  /** The methods, in the order of their first run. */
  List<String> methods() {
    return rows.stream().map(Run::method).distinct().toList();
  }

  List<Run> runs(String method) {
    return rows.stream().filter(r -> r.method().equals(method)).toList();
  }
}
