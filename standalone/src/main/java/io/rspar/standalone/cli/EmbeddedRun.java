package io.rspar.standalone.cli;

import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.events.PruningRequest;
import io.rspar.standalone.broker.BrokerStartException;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.request.InvalidRequestException;
import io.rspar.standalone.request.RequestFile;
import io.rspar.standalone.supervisor.Application;
import io.rspar.standalone.supervisor.Installation;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;

/** One request on an installation of its own, from start to report. */
final class EmbeddedRun {
  /** Environment variable with options for the service processes, such as {@code -Xmx4g}. */
  static final String JVM_OPTIONS = "RSPAR_JAVA_OPTS";

  private final PrintWriter out;
  private final Progress progress;
  private final boolean separate;
  private final boolean keep;

  /**
   * @param separate one process per service
   * @param keep leave the broker's data and the artifacts
   */
  EmbeddedRun(PrintWriter out, boolean separate, boolean keep) {
    this.out = out;
    this.progress = new Progress(out);
    this.separate = separate;
    this.keep = keep;
  }

  /** Returns when the results lie in the folder and the report has been shown. */
  void run(Path requestFile, Path results)
      throws CommandFailure, IOException, InterruptedException {
    PruningRequest request = read(requestFile, results);
    WorkFolder folder = WorkFolder.of(request.getRequestId());
    progress.line("request %s; logs in %s".formatted(request.getRequestId(), folder.logs()));
    SpecificRecord end;
    try {
      end = follow(request, folder);
    } finally {
      if (!keep) {
        folder.discardData();
      }
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

  /** Options for the service processes from the environment. */
  static List<String> jvmOptions() {
    return Arrays.stream(System.getenv().getOrDefault(JVM_OPTIONS, "").split("\\s+"))
        .filter(option -> !option.isEmpty())
        .toList();
  }

  private SpecificRecord follow(PruningRequest request, WorkFolder folder)
      throws CommandFailure, IOException, InterruptedException {
    try (Installation installation =
        Installation.start(
            Application.locate(), folder.path(), separate, jvmOptions(), progress::line)) {
      // Also when the command line is interrupted.
      Thread stop = new Thread(() -> abandon(installation, folder), "rspar-stop");
      Runtime.getRuntime().addShutdownHook(stop);
      try (RequestClient client = new RequestClient(installation.bootstrapServers())) {
        client.submit(request);
        progress.line("request published; the services are starting");
        return awaitEnd(client, installation, request.getRequestId());
      } finally {
        Runtime.getRuntime().removeShutdownHook(stop);
        progress.line("stopping");
      }
    } catch (BrokerStartException e) {
      throw CommandFailure.failed(e.getMessage(), "look into " + folder.logs());
    }
  }

  private void abandon(Installation installation, WorkFolder folder) {
    installation.close();
    if (!keep) {
      try {
        folder.discardData();
      } catch (IOException e) {
        out.println("warning: " + folder.path() + " was not cleared: " + e.getMessage());
      }
    }
  }

  private SpecificRecord awaitEnd(RequestClient client, Installation installation, String id)
      throws CommandFailure {
    while (true) {
      Optional<SpecificRecord> end = client.poll(id, progress::status);
      if (end.isPresent()) {
        return end.get();
      }
      Optional<String> defect = installation.defect();
      if (defect.isPresent()) {
        throw CommandFailure.failed(defect.get(), "report it with that log");
      }
    }
  }

  private void show(PruningCompleted completed) throws IOException {
    Path folder = Path.of(URI.create(completed.getDirectory()));
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

  /** The report up to its third section: goal, accuracy and latency; the tables are in the file. */
  private static String summary(String report) {
    String[] sections = report.split("(?m)^(?=## )");
    return String.join("", Arrays.copyOf(sections, Math.min(sections.length, 3))).strip();
  }
}
