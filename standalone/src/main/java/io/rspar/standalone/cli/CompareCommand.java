package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.events.AllocationMethod;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.kit.request.InvalidRequestException;
import io.rspar.kit.request.RequestFile;
import io.rspar.search.report.Report;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.compare.CommonRequest;
import io.rspar.standalone.compare.Comparison;
import io.rspar.standalone.compare.ComparisonReport;
import io.rspar.standalone.compare.Run;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar compare}. */
@Command(
    name = "compare",
    description = {
      "Runs all methods on one network and target, one after the other through the same services,"
          + " and writes one table and plot.",
      "",
      "Every method gets the request's data, recovery, measurement and number of candidates; where"
          + " the request leaves the number open, 4 rounds of 6. A method that fails is a row with"
          + " its reason. Runs that DIR/comparison.json already holds are kept, so an interrupted"
          + " comparison goes on."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar compare request.yaml --out out/compare",
      "  rspar compare request.yaml --out out/compare --methods r-spar,curve-optimal --seeds 5"
    })
final class CompareCommand implements Callable<Integer> {
  @Parameters(paramLabel = "REQUEST.yaml", description = "The request; its method is ignored.")
  private Path request;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      required = true,
      description =
          "Folder that receives comparison.json, comparison.md, comparison.svg and the results of"
              + " each run.")
  private Path out;

  @Option(
      names = "--methods",
      paramLabel = "METHOD",
      split = ",",
      description = "Methods to run, in this order. Default: all.")
  private List<String> methods = List.of();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Runs per method: with the request's seed and the N − 1 that follow it. Default: 1.")
  private int seeds;

  @Option(
      names = "--json",
      description = "Print comparison.json in place of the table; progress goes to standard error.")
  private boolean json;

  @Spec private CommandSpec spec;

  /** A run that the comparison asks for. */
  private record Asked(AllocationMethod method, long seed) {
    String name() {
      return CommonRequest.name(method);
    }
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter console = spec.commandLine().getOut();
    Progress progress = new Progress(json ? spec.commandLine().getErr() : console);
    CommonRequest common = common();
    List<Asked> asked = asked(common);
    Files.createDirectories(out);
    Comparison comparison = begun(common);
    List<Asked> missing = new ArrayList<>();
    for (Asked run : asked) {
      if (comparison.completed(run.name(), run.seed()).isEmpty()) {
        missing.add(run);
      }
    }
    if (!missing.isEmpty()) {
      comparison = completed(comparison, missing, common, progress);
    }
    write(comparison);
    console.println(json ? comparison.toJson().strip() : new ComparisonReport(comparison).table());
    console.flush();
    return 0;
  }

  private CommonRequest common() throws CommandFailure {
    if (seeds < 1) {
      throw CommandFailure.usage("--seeds is " + seeds, "run each method once or more often");
    }
    try {
      return new CommonRequest(new RequestFile().read(request, Instant.now()));
    } catch (InvalidRequestException e) {
      throw CommandFailure.usage(e.getMessage(), e.remedy());
    }
  }

  /** Seed after seed, so that the methods share the scores of one before the next is scored. */
  private List<Asked> asked(CommonRequest common) throws CommandFailure {
    List<AllocationMethod> chosen = new ArrayList<>();
    for (String name : methods) {
      chosen.add(method(name));
    }
    if (chosen.isEmpty()) {
      chosen.addAll(List.of(AllocationMethod.values()));
    }
    List<Asked> asked = new ArrayList<>();
    for (int n = 0; n < seeds; n++) {
      for (AllocationMethod method : chosen) {
        asked.add(new Asked(method, common.seed(n)));
      }
    }
    return asked;
  }

  private static AllocationMethod method(String name) throws CommandFailure {
    for (AllocationMethod method : AllocationMethod.values()) {
      if (CommonRequest.name(method).equals(name)) {
        return method;
      }
    }
    throw CommandFailure.usage(
        "there is no method '" + name + "'",
        Arrays.stream(AllocationMethod.values())
            .map(CommonRequest::name)
            .collect(Collectors.joining(", ", "take some of ", "")));
  }

  /** What the folder already holds of this comparison. */
  private Comparison begun(CommonRequest common) throws CommandFailure, IOException {
    Comparison begun =
        Comparison.read(file()).orElse(new Comparison(common.conditions(), List.of()));
    if (!begun.conditions().equals(common.conditions())) {
      throw CommandFailure.usage(
          file() + " holds the comparison of another request",
          "name another folder, or delete this one");
    }
    return begun;
  }

  private Path file() {
    return out.resolve("comparison.json");
  }

  private Comparison completed(
      Comparison begun, List<Asked> missing, CommonRequest common, Progress progress)
      throws CommandFailure, IOException, InterruptedException {
    Comparison comparison = begun;
    WorkFolder folder = WorkFolder.of(common.id());
    progress.line("logs in " + folder.logs());
    try (EmbeddedServices services = EmbeddedServices.start(folder, false, false, progress);
        RequestClient client = services.client()) {
      for (int i = 0; i < missing.size(); i++) {
        Asked next = missing.get(i);
        progress.begin(
            "%s, seed %d (run %d of %d)"
                .formatted(next.name(), next.seed(), i + 1, missing.size()));
        comparison = comparison.with(run(services, client, common, next, progress));
        write(comparison);
      }
    }
    return comparison;
  }

  private Run run(
      EmbeddedServices services,
      RequestClient client,
      CommonRequest common,
      Asked asked,
      Progress progress)
      throws CommandFailure, IOException, InterruptedException {
    Path results = out.resolve("%s-%d".formatted(asked.name(), asked.seed()));
    PruningRequest request = common.run(asked.method(), asked.seed(), results);
    Stopwatch watch = new Stopwatch(services::cpuTime);
    SpecificRecord end =
        services.run(
            client,
            request,
            status -> {
              watch.heard(status.getStage());
              progress.status(status);
            });
    if (end instanceof PruningFailed failed) {
      return Run.failed(
          asked.name(), asked.seed(), failed.getMessage() + " — " + failed.getRemedy());
    }
    Report report =
        new ObjectMapper().readValue(results.resolve("report.json").toFile(), Report.class);
    return Run.completed(asked.name(), asked.seed(), report, watch.effort());
  }

  private void write(Comparison comparison) throws IOException {
    comparison.write(file());
    ComparisonReport report = new ComparisonReport(comparison);
    Files.writeString(out.resolve("comparison.md"), report.table());
    Files.writeString(out.resolve("comparison.svg"), report.plot().toSvg());
  }
}
