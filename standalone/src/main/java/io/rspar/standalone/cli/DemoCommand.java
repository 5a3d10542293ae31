package io.rspar.standalone.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rspar demo}. */
@Command(
    name = "demo",
    description = "Prunes a small residual network for Fashion-MNIST, start to finish.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar demo            a few minutes, with fine-tuning",
      "  rspar demo --short    about a minute, without"
    })
final class DemoCommand implements Callable<Integer> {
  @Option(names = "--short", description = "Fewer examples and no fine-tuning.")
  private boolean shortForm;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      description = "Folder that receives the results. Default: out/demo in the project's folder.")
  private Path out;

  @Option(
      names = "--json",
      description = "Print the report as JSON, and progress on the standard error.")
  private boolean json;

  @Mixin private DashboardOptions dashboard;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Path home = ProjectFolder.path();
    Path request =
        home.resolve("examples/fashion-mnist")
            .resolve(shortForm ? "request-short.yaml" : "request.yaml");
    if (!Files.exists(request)) {
      throw CommandFailure.usage(
          request + " does not exist", "call rspar from the project's folder, or by its path");
    }
    new EmbeddedRun(spec.commandLine(), json, false, false, dashboard.port())
        .run(request, out == null ? home.resolve("out/demo") : out);
    return 0;
  }
}
