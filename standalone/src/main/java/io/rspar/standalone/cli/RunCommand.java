package io.rspar.standalone.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar run}. */
@Command(
    name = "run",
    description = "Runs one pruning request to its end, with a broker and services of its own.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nA request:%n",
    footer = {
      "  model: resnet20.onnx",
      "  data:",
      "    format: npz",
      "    normalisation: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}",
      "    calibration: {files: train.npz, limit: 1024}",
      "    train: train.npz",
      "    validation: validation.npz",
      "    test: test.npz",
      "  target: {macs: 50%%}          # or {parameters: 120000}, {latency: 4ms}, {latency: 60%%}",
      "  recovery: {epochs: 1}",
      "",
      "Every key and default: docs/request.md. Paths are relative to the request file.",
      "",
      "Examples:",
      "  rspar run request.yaml --out out/",
      "  rspar run request.yaml --out out/ --json | jq .pruned.accuracy",
      "  RSPAR_JAVA_OPTS=-Xmx6g rspar run request.yaml --out out/ --separate"
    })
final class RunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "REQUEST.yaml", description = "The request.")
  private Path request;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      required = true,
      description = "Folder that receives the model and the report.")
  private Path out;

  @Option(names = "--separate", description = "Run each service in a process of its own.")
  private boolean separate;

  @Option(
      names = "--keep",
      description = "Keep the broker's data and the artifacts for inspection.")
  private boolean keep;

  @Option(
      names = "--json",
      description = "Print the report as JSON, and progress on the standard error.")
  private boolean json;

  @Mixin private DashboardOptions dashboard;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    new EmbeddedRun(spec.commandLine(), json, separate, keep, dashboard.port()).run(request, out);
    return 0;
  }
}
