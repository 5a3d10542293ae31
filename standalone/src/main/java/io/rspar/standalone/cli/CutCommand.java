package io.rspar.standalone.cli;

import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.pruner.datafree.DataFreeCut;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar cut}. */
@Command(
    name = "cut",
    description = {
      "Cuts a model by its weights alone: no data, no recovery, no broker.",
      "The result is checked before it is written: it loads in ONNX Runtime and computes what the "
          + "original computes with the removed channels zeroed."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar cut resnet20.onnx --ratio 0.5 --out small.onnx",
      "  rspar cut resnet20.onnx --ratio 0.3 --criterion l1 --multiple 8 --exclude 'layer3.*' --out small.onnx"
    })
final class CutCommand implements Callable<Integer> {
  /** How channels are rated. */
  enum CriterionName {
    l1,
    l2,
    random
  }

  @Parameters(paramLabel = "MODEL.onnx", description = "The model.")
  private Path model;

  @Option(
      names = "--ratio",
      paramLabel = "R",
      required = true,
      description = "Share of each group's channels that goes: more than 0, less than 1.")
  private double ratio;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "OUT.onnx",
      required = true,
      description = "The smaller model.")
  private Path out;

  @Option(
      names = "--criterion",
      description = "What rates channels: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
      defaultValue = "l2")
  private CriterionName criterion;

  @Option(
      names = "--seed",
      description = "Seed of the random criterion and of the check's input. Default: 0.",
      defaultValue = "0")
  private long seed;

  @Option(
      names = "--multiple",
      description = "Keep widths that are multiples of this (channels). Default: 1.",
      defaultValue = "1")
  private int multiple;

  @Option(
      names = "--exclude",
      paramLabel = "REGEX",
      description = "Leave groups alone that touch a node or weight of this name; repeatable.")
  private List<Pattern> exclude = List.of();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    if (!(ratio > 0 && ratio < 1)) {
      throw CommandFailure.usage("--ratio is " + ratio, "give more than 0 and less than 1");
    }
    if (multiple < 1) {
      throw CommandFailure.usage("--multiple is " + multiple, "give 1 or more");
    }
    Graph graph = OnnxReader.read(model);
    DependencyGraph dependencies = DependencyGraph.of(graph, exclude);
    DataFreeCut.Result result =
        DataFreeCut.cut(
            graph,
            dependencies,
            scores(),
            ratio,
            new WidthPolicy(multiple, WidthPolicy.Rounding.NEAREST, 1, 1.0),
            out,
            seed);
    PrintWriter console = spec.commandLine().getOut();
    line(console, "channels", result.channelsBefore(), result.channelsAfter());
    line(console, "MACs", result.before().macs(), result.after().macs());
    line(console, "parameters", result.before().parameters(), result.after().parameters());
    console.printf(
        Locale.ROOT,
        "checked: loads in ONNX Runtime, differs from the masked original by %.1e (relative)%n",
        result.difference());
    console.println("written: " + out);
    console.flush();
    return 0;
  }

  private DataFreeCriterion scores() {
    return switch (criterion) {
      case l1 -> DataFreeCriterion.l1();
      case l2 -> DataFreeCriterion.l2();
      case random -> DataFreeCriterion.random(seed);
    };
  }

  private static void line(PrintWriter console, String what, long before, long after) {
    console.printf(
        Locale.ROOT,
        "%-10s %,15d -> %,15d  (%.1f %%)%n",
        what,
        before,
        after,
        100.0 * after / before);
  }
}
