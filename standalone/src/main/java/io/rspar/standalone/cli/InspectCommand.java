package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.re2j.Pattern;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.pruner.datafree.Inspection;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar inspect}. */
@Command(
    name = "inspect",
    description = "Shows a model's cost, its groups of channels, and what is frozen and why.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {"  rspar inspect resnet20.onnx", "  rspar inspect resnet20.onnx --json | jq .groups"})
final class InspectCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL.onnx", description = "The model.")
  private Path model;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(
      names = "--exclude",
      paramLabel = "REGEX",
      description = "Leave groups alone that touch a node or weight of this name; repeatable.")
  private List<Pattern> exclude = List.of();

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Graph graph = OnnxReader.read(model);
    Inspection inspection = Inspection.of(graph, DependencyGraph.of(graph, exclude));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          new ObjectMapper()
              .writerWithDefaultPrettyPrinter()
              .writeValueAsString(inspection.toJson()));
    } else {
      out.print(inspection.toText());
    }
    out.flush();
    return 0;
  }
}
