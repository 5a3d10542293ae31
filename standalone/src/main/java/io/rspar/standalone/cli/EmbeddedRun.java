package io.rspar.standalone.cli;

import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.kit.request.InvalidRequestException;
import io.rspar.kit.request.RequestFile;
import io.rspar.standalone.client.RequestClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.OptionalInt;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine;

/** One request on an installation of its own, from start to report. */
final class EmbeddedRun {
  private final PrintWriter out;
  private final boolean json;
  private final Progress progress;
  private final boolean separate;
  private final boolean keep;
  private final OptionalInt dashboardPort;

  /**
   * @param commandLine whose streams are written to
   * @param json print the result as JSON and everything else to the standard error
   * @param separate one process per service
   * @param keep leave the broker's data and the artifacts
   * @param dashboardPort where a dashboard is served while it runs, if anywhere
   */
  EmbeddedRun(
      CommandLine commandLine,
      boolean json,
      boolean separate,
      boolean keep,
      OptionalInt dashboardPort) {
    this.out = commandLine.getOut();
    this.json = json;
    this.progress = new Progress(json ? commandLine.getErr() : out);
    this.separate = separate;
    this.keep = keep;
    this.dashboardPort = dashboardPort;
  }

  /** Returns when the results lie in the folder and the report has been shown. */
  void run(Path requestFile, Path results)
      throws CommandFailure, IOException, InterruptedException {
    PruningRequest request = read(requestFile, results);
    WorkFolder folder = WorkFolder.of(request.getRequestId());
    progress.line("request %s; logs in %s".formatted(request.getRequestId(), folder.logs()));
    SpecificRecord end;
    try (EmbeddedServices services = EmbeddedServices.start(folder, separate, keep, progress);
        RequestClient client = services.client()) {
      progress.line("the services are starting");
      if (dashboardPort.isPresent()) {
        URI address = services.startDashboard(dashboardPort.getAsInt());
        progress.line("dashboard: " + address + "#/requests/" + request.getRequestId());
      }
      end = services.run(client, request, progress::status);
    }
    if (end instanceof PruningFailed failed) {
      throw CommandFailure.failed(failed.getMessage(), failed.getRemedy());
    }
    show((PruningCompleted) end);
  }

  private static PruningRequest read(Path requestFile, Path results) throws CommandFailure {
    try {
      PruningRequest request = new RequestFile().read(requestFile, Instant.now());
      return PruningRequest.newBuilder(request)
          .setOutput(results.toAbsolutePath().normalize().toUri().toString())
          .build();
    } catch (InvalidRequestException e) {
      throw CommandFailure.usage(e.getMessage(), e.remedy());
    }
  }

  private void show(PruningCompleted completed) throws IOException {
    Path folder = Path.of(URI.create(completed.getDirectory()));
    if (json) {
      out.println(Files.readString(folder.resolve("report.json")));
      out.flush();
      return;
    }
    Path report = folder.resolve("report.md");
    out.println();
    if (Files.exists(report)) {
      out.println(summary(Files.readString(report)));
      out.println();
    }
    completed.getWarnings().forEach(warning -> out.println("warning: " + warning));
    out.println("results: " + folder);
    out.flush();
  }

  /**
   * The report up to its third section, without the model card's front matter: goal, accuracy and
   * latency; the tables are in the file.
   */
  private static String summary(String report) {
    String[] sections = report.replaceFirst("(?s)\\A---\\n.*?\\n---\\n", "").split("(?m)^(?=## )");
    return String.join("", Arrays.copyOf(sections, Math.min(sections.length, 3))).strip();
  }
}
