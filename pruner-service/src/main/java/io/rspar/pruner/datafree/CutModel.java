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
import java.util.Set;
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
          Graph masked = Surgeon.mask(graph, dependencies, plan);
          difference =
              OptionalDouble.of(difference(cut, unchecked, masked, folder, verify.getAsLong()));
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

  /** Of the outputs; where they say nothing, of what is computed last on the way to them. */
  private static double difference(Graph cut, Path cutFile, Graph masked, Path folder, long seed)
      throws IOException {
    Path maskedFile = folder.resolve("masked-original");
    OnnxWriter.write(masked, maskedFile);
    OptionalDouble difference = CutCheck.compare(cutFile, maskedFile, seed);
    deleteWithData(maskedFile);
    Set<String> inside = difference.isPresent() ? Set.of() : WholeValues.behindCuts(cut, masked);
    if (!inside.isEmpty()) {
      Path probedFile = folder.resolve("probed");
      OnnxWriter.write(WholeValues.asOutputs(cut, inside), probedFile);
      OnnxWriter.write(WholeValues.asOutputs(masked, inside), maskedFile);
      difference = CutCheck.compare(probedFile, maskedFile, seed);
      deleteWithData(maskedFile);
      deleteWithData(probedFile);
    }
    return difference.orElseThrow(
        () ->
            new WorkException(
                FailureReason.INPUT_MISMATCH,
                "Every output of the original is zero or not finite on random input, so the"
                    + " comparison says nothing",
                "train the model first, or leave the comparison out (--no-verify) and test the"
                    + " result with real data"));
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
