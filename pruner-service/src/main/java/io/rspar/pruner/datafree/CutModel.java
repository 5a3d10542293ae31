package io.rspar.pruner.datafree;

import io.rspar.events.FailureReason;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A model cut to a plan.
 *
 * @param graph the smaller graph
 * @param difference of its outputs to the masked original's, relative to the largest; empty if it
 *     was not asked for
 */
public record CutModel(Graph graph, OptionalDouble difference) {

  /**
   * Cuts a model and writes it; nothing is written unless it passes.
   *
   * @param plan of this very model
   * @param verify seed of the input on which the result has to equal the masked original ({@link
   *     CutCheck}); empty to load it only
   * @throws WorkException OUTPUT_NOT_WRITABLE; INTERNAL_ERROR if the check fails
   */
  public static CutModel write(
      Graph graph, DependencyGraph dependencies, PruningPlan plan, Path out, OptionalLong verify) {
    Graph cut = Surgeon.cut(graph, dependencies, plan);
    Path target = out.toAbsolutePath().normalize();
    try {
      Files.createDirectories(target.getParent());
      // Beside the target, so that moving is renaming; a folder, so that external data keeps its
      // name.
      Path folder = Files.createTempDirectory(target.getParent(), ".rspar-cut");
      try {
        Path unchecked = folder.resolve(target.getFileName());
        OnnxWriter.write(cut, unchecked);
        OptionalDouble difference = OptionalDouble.empty();
        if (verify.isPresent()) {
          Path masked = folder.resolve("masked-original");
          OnnxWriter.write(Surgeon.mask(graph, dependencies, plan), masked);
          difference = OptionalDouble.of(CutCheck.check(unchecked, masked, verify.getAsLong()));
          deleteWithData(masked);
        } else {
          CutCheck.load(unchecked);
        }
        for (Path file : files(folder)) {
          Files.move(
              file, target.resolveSibling(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
        return new CutModel(cut, difference);
      } finally {
        for (Path file : files(folder)) {
          Files.delete(file);
        }
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new WorkException(
          FailureReason.OUTPUT_NOT_WRITABLE,
          "Cannot write %s: %s".formatted(out, e),
          "name a file in a folder that you may write to",
          e);
    }
  }

  private static void deleteWithData(Path model) throws IOException {
    Files.delete(model);
    Files.deleteIfExists(model.resolveSibling(model.getFileName() + ".data"));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
