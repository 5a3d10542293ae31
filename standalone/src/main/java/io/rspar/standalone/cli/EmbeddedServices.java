package io.rspar.standalone.cli;

import io.rspar.events.PruningRequest;
import io.rspar.events.PruningStatus;
import io.rspar.standalone.broker.BrokerStartException;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.supervisor.Application;
import io.rspar.standalone.supervisor.ChildProcess;
import io.rspar.standalone.supervisor.Installation;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;

/** A broker and services for as long as one command runs, also when that is interrupted. */
final class EmbeddedServices implements AutoCloseable {
  /** Environment variable with options for the service processes, such as {@code -Xmx4g}. */
  static final String JVM_OPTIONS = "RSPAR_JAVA_OPTS";

  private final WorkFolder folder;
  private final boolean keep;
  private final Progress progress;
  private final Installation installation;
  private final Thread stop = new Thread(this::end, "rspar-stop");

  private EmbeddedServices(
      WorkFolder folder, boolean keep, Progress progress, Installation installation) {
    this.folder = folder;
    this.keep = keep;
    this.progress = progress;
    this.installation = installation;
  }

  /**
   * @param separate one process per service
   * @param keep leave the broker's data and the artifacts
   */
  static EmbeddedServices start(
      WorkFolder folder, boolean separate, boolean keep, Progress progress)
      throws CommandFailure, IOException, InterruptedException {
    try {
      EmbeddedServices services =
          new EmbeddedServices(
              folder,
              keep,
              progress,
              Installation.start(
                  Application.locate(), folder.path(), separate, jvmOptions(), progress::line));
      Runtime.getRuntime().addShutdownHook(services.stop);
      return services;
    } catch (BrokerStartException e) {
      if (!keep) {
        folder.discardData();
      }
      throw CommandFailure.failed(e.getMessage(), "look into " + folder.logs());
    }
  }

  /** Options for the service processes from the environment. */
  static List<String> jvmOptions() {
    return Arrays.stream(System.getenv().getOrDefault(JVM_OPTIONS, "").split("\\s+"))
        .filter(option -> !option.isEmpty())
        .toList();
  }

  /** Serves the dashboard as long as the services run; returns its address. */
  URI startDashboard(int port) throws IOException {
    return installation.startDashboard(Application.locate(), folder.path(), port).address();
  }

  /** A connection of its own. */
  RequestClient client() {
    return new RequestClient(installation.bootstrapServers());
  }

  /**
   * Publishes a request and waits for its end.
   *
   * @param heard told each report of its progress
   * @return {@code PruningCompleted} or {@code PruningFailed}
   */
  SpecificRecord run(RequestClient client, PruningRequest request, Consumer<PruningStatus> heard)
      throws CommandFailure, InterruptedException {
    client.submit(request);
    while (true) {
      Optional<SpecificRecord> end = client.poll(request.getRequestId(), heard);
      if (end.isPresent()) {
        return end.get();
      }
      Optional<String> defect = installation.defect();
      if (defect.isPresent()) {
        throw CommandFailure.failed(defect.get(), "report it with that log");
      }
    }
  }

  /** Processor time that the service processes that are alive have used. */
  Duration cpuTime() {
    return installation.services().stream()
        .map(ChildProcess::pid)
        .map(ProcessHandle::of)
        .flatMap(Optional::stream)
        .map(process -> process.info().totalCpuDuration())
        .flatMap(Optional::stream)
        .reduce(Duration.ZERO, Duration::plus);
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(stop);
    progress.line("stopping");
    end();
  }

  private void end() {
    installation.close();
    if (!keep) {
      try {
        folder.discardData();
      } catch (IOException e) {
        progress.line("warning: " + folder.path() + " was not cleared: " + e.getMessage());
      }
    }
  }
}
