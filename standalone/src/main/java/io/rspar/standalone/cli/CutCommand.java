package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.score.DataFreeCriterion;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.graph.surgery.RatioCap;
import io.rspar.graph.surgery.WidthPolicy;
import io.rspar.pruner.datafree.CutModel;
import io.rspar.pruner.datafree.DataFreeCut;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar cut}. */
@Command(
    name = "cut",
    description = {
      "Cuts a model by its weights alone, or to a plan: no data, no recovery, no broker.",
      "The result is checked before it is written: it loads in ONNX Runtime and computes what the "
          + "original computes with the removed channels masked."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar cut resnet20.onnx --ratio 0.5 --out small.onnx",
      "  rspar cut resnet20.onnx --ratio 0.3 --criterion l1 --multiple 8 --exclude 'layer3.*' --out small.onnx",
      "  rspar cut bert.onnx --ratio 0.5 --cap 'attention=0.25' --write-plan plan.json --out small.onnx",
      "  rspar cut bert.onnx --plan plan.json --out same.onnx"
    })
final class CutCommand implements Callable<Integer> {
  /** How channels are rated. */
  enum CriterionName {
    l1,
    l2,
    random
  }

  /** Where a width goes that is no multiple. */
  enum RoundingName {
    nearest,
    up
  }

  /** What goes: a share of each group, or what a plan says. */
  static final class What {
    @Option(
        names = "--ratio",
        paramLabel = "R",
        required = true,
        description = "Share of each group's channels that goes: more than 0, less than 1.")
    private Double ratio;

    @Option(
        names = "--plan",
        paramLabel = "FILE",
        required = true,
        description = "Cut as this pruning-plan.json says; it must be of this model.")
    private Path plan;
  }

  @Parameters(paramLabel = "MODEL.onnx", description = "The model.")
  private Path model;

  @ArgGroup(multiplicity = "1")
  private What what;

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
      paramLabel = "N",
      description = "Keep widths that are multiples of this (channels). Default: 1.",
      defaultValue = "1")
  private int multiple;

  @Option(
      names = "--rounding",
      description =
          "Where a width goes that is no multiple: ${COMPLETION-CANDIDATES}. Default:"
              + " ${DEFAULT-VALUE}.",
      defaultValue = "nearest")
  private RoundingName rounding;

  @Option(
      names = "--min-channels",
      paramLabel = "N",
      description = "Least number of channels that a group keeps. Default: 1.",
      defaultValue = "1")
  private int minChannels;

  @Option(
      names = "--cap",
      paramLabel = "REGEX=RATIO",
      description =
          "Groups whose name contains a match lose no more than this share; repeatable. rspar"
              + " inspect shows the names.")
  private Map<Pattern, Double> caps = Map.of();

  @Option(
      names = "--exclude",
      paramLabel = "REGEX",
      description =
          "Layers whose node or weight has a name that contains a match keep all their output"
              + " channels; repeatable.")
  private List<Pattern> exclude = List.of();

  @Option(
      names = "--verify",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Compare the result with the masked original on random input. Default: yes; --no-verify"
              + " only loads it.")
  private boolean verify;

  @Option(
      names = "--write-plan",
      paramLabel = "FILE",
      description = "Write what was cut, for --plan on the same model.")
  private Path writePlan;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    List<RatioCap> ratioCaps = checked();
    Graph graph = OnnxReader.read(model);
    DependencyGraph dependencies = DependencyGraph.of(graph, exclude);
    PruningPlan plan =
        what.plan == null
            ? DataFreeCut.plan(graph, dependencies, scores(), what.ratio, policy(), ratioCaps)
            : PruningPlanFile.read(Files.readString(what.plan));
    CutModel cut =
        CutModel.write(
            graph, dependencies, plan, out, verify ? OptionalLong.of(seed) : OptionalLong.empty());
    if (writePlan != null) {
      Files.writeString(writePlan, PruningPlanFile.write(plan, dependencies));
    }
    report(graph, dependencies, plan, cut);
    return 0;
  }

  /** The caps; everything else is checked on the way. */
  private List<RatioCap> checked() throws CommandFailure {
    if (what.ratio != null && !(what.ratio > 0 && what.ratio < 1)) {
      throw CommandFailure.usage("--ratio is " + what.ratio, "give more than 0 and less than 1");
    }
    if (multiple < 1 || minChannels < 1) {
      throw CommandFailure.usage(
          "--multiple is " + multiple + " and --min-channels " + minChannels, "give 1 or more");
    }
    for (Map.Entry<Pattern, Double> cap : caps.entrySet()) {
      if (!(cap.getValue() >= 0 && cap.getValue() <= 1)) {
        throw CommandFailure.usage(
            "--cap " + cap.getKey() + " is " + cap.getValue(), "give a share from 0 to 1");
      }
    }
    return caps.entrySet().stream().map(c -> new RatioCap(c.getKey(), c.getValue())).toList();
  }

  private WidthPolicy policy() {
    return new WidthPolicy(
        multiple,
        WidthPolicy.Rounding.valueOf(rounding.name().toUpperCase(Locale.ROOT)),
        minChannels,
        1.0);
  }

  private DataFreeCriterion scores() {
    return switch (criterion) {
      case l1 -> DataFreeCriterion.l1();
      case l2 -> DataFreeCriterion.l2();
      case random -> DataFreeCriterion.random(seed);
    };
  }

  private void report(Graph graph, DependencyGraph dependencies, PruningPlan plan, CutModel cut)
      throws IOException {
    Cost before = Cost.of(graph);
    Cost after = Cost.of(cut.graph());
    long channels = dependencies.groups().stream().mapToInt(ChannelGroup::width).sum();
    long kept = Arrays.stream(plan.widths(dependencies)).sum();
    PrintWriter console = spec.commandLine().getOut();
    if (json) {
      ObjectNode object = new ObjectMapper().createObjectNode();
      object.put("channelsBefore", channels).put("channelsAfter", kept);
      object.put("macsBefore", before.macs()).put("macsAfter", after.macs());
      object.put("parametersBefore", before.parameters());
      object.put("parametersAfter", after.parameters());
      cut.difference().ifPresent(difference -> object.put("maskedDifference", difference));
      object.put("out", out.toString());
      console.println(
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(object));
    } else {
      line(console, "channels", channels, kept);
      line(console, "MACs", before.macs(), after.macs());
      line(console, "parameters", before.parameters(), after.parameters());
      console.println(
          cut.difference().isPresent()
              ? String.format(
                  Locale.ROOT,
                  "checked: loads in ONNX Runtime, differs from the masked original by %.1e"
                      + " (relative)",
                  cut.difference().getAsDouble())
              : "checked: loads in ONNX Runtime");
      console.println("written: " + out);
    }
    console.flush();
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
