package io.rspar.pruner.datafree;

import io.rspar.events.FailureReason;
import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Takes the same share of channels from every group, those with the least of a weight norm. */
public final class DataFreeCut {

  /**
   * What was done.
   *
   * @param difference of the outputs to the masked original's, relative
   */
  public record Result(
      Cost before, Cost after, int channelsBefore, int channelsAfter, double difference) {}

  private DataFreeCut() {}

  /**
   * Cuts a model and writes it; nothing is written unless it passes {@link CutCheck}.
   *
   * @param ratio share of each group's channels that goes, in (0, 1)
   * @throws WorkException NOTHING_TO_PRUNE, OUTPUT_NOT_WRITABLE
   */
  public static Result cut(
      Graph graph,
      DependencyGraph dependencies,
      DataFreeCriterion criterion,
      double ratio,
      WidthPolicy policy,
      Path out,
      long seed) {
    int[] widths =
        dependencies.groups().stream()
            .mapToInt(group -> policy.round(group, group.width() * (1 - ratio)))
            .toArray();
    PruningPlan plan =
        PruningPlan.ofScores(dependencies, criterion.scoreAll(graph, dependencies), widths);
    int before = dependencies.groups().stream().mapToInt(ChannelGroup::width).sum();
    int after = java.util.Arrays.stream(widths).sum();
    if (before == after) {
      throw new WorkException(
          FailureReason.NOTHING_TO_PRUNE,
          "No channel goes: %d groups, ratio %s, multiples of %d"
              .formatted(dependencies.groups().size(), ratio, policy.multiple()),
          "raise --ratio, lower --multiple, or see what is frozen with rspar inspect");
    }
    Graph cut = Surgeon.cut(graph, dependencies, plan);
    Path folder = out.toAbsolutePath().normalize().getParent();
    Path temporary = folder.resolve("." + out.getFileName() + ".unchecked");
    try {
      Files.createDirectories(folder);
      try {
        OnnxWriter.write(cut, temporary, Long.MAX_VALUE);
        double difference =
            CutCheck.check(temporary, Surgeon.mask(graph, dependencies, plan), seed);
        Files.move(temporary, out, StandardCopyOption.REPLACE_EXISTING);
        return new Result(Cost.of(graph), Cost.of(cut), before, after, difference);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new WorkException(
          FailureReason.OUTPUT_NOT_WRITABLE,
          "Cannot write %s: %s".formatted(out, e),
          "name a file in a folder that you may write to",
          e);
    }
  }
}
