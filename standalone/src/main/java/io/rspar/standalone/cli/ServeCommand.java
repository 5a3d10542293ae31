package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.standalone.broker.BrokerStartException;
import io.rspar.standalone.supervisor.Application;
import io.rspar.standalone.supervisor.Dashboard;
import io.rspar.standalone.supervisor.Installation;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rspar serve}. */
@Command(
    name = "serve",
    description = {
      "Serves the live dashboard until it is interrupted.",
      "By default with a broker and services of its own, which keep their data between runs; with"
          + " --bootstrap-servers, the dashboard alone for a cluster that runs elsewhere.",
      "Configured further by environment variables: RSPAR_DASHBOARD_TOKEN, RSPAR_KAFKA_PROPERTIES_…"
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar serve",
      "  rspar serve --port 9000 --folder /srv/rspar --separate",
      "  rspar serve --bootstrap-servers kafka:9092 --artifacts file:///artifacts/"
    })
final class ServeCommand implements Callable<Integer> {
  /** How often a defect of the installation is looked for (ms). */
  private static final int WATCH = 1000;

  /** For a dashboard that starts on a busy machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = DashboardOptions.DEFAULT_PORT,
      description =
          "Port on this machine; another one if it is taken. Default: "
              + DashboardOptions.DEFAULT_PORT
              + ".")
  private int port;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "Keeps broker, artifacts and logs. Default: serve in the work folder.")
  private Path folder;

  @Option(names = "--separate", description = "Run each service in a process of its own.")
  private boolean separate;

  @Option(
      names = "--bootstrap-servers",
      paramLabel = "HOST:PORT",
      description = "Brokers of a cluster; no broker and no service is started.")
  private String bootstrapServers;

  @Option(
      names = "--artifacts",
      paramLabel = "URI",
      description = "Artifact store of that cluster, for curves and downloads.")
  private URI artifacts;

  @Option(
      names = "--json",
      description = "Print the addresses as a JSON object; all else to standard error.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Path home = (folder == null ? WorkFolder.root().resolve("serve") : folder).toAbsolutePath();
    Files.createDirectories(home);
    Progress progress =
        new Progress(json ? spec.commandLine().getErr() : spec.commandLine().getOut());
    Application application = Application.locate();
    if (bootstrapServers != null) {
      try (Dashboard dashboard = Dashboard.start(application, home, port, remote(home))) {
        Thread hook = onInterrupt(dashboard::close);
        tell(progress, bootstrapServers, dashboard, home);
        watch(Optional::empty, hook);
      }
      return 0;
    }
    try (Installation installation =
        Installation.start(application, home, separate, List.of(), progress::line)) {
      Dashboard dashboard = installation.startDashboard(application, home, port);
      Thread hook = onInterrupt(installation::close);
      tell(progress, installation.bootstrapServers(), dashboard, home);
      watch(installation::defect, hook);
      return 0;
    } catch (BrokerStartException e) {
      throw CommandFailure.failed(e.getMessage(), "look into " + home.resolve("logs"));
    }
  }

  private void tell(Progress progress, String brokers, Dashboard dashboard, Path home)
      throws InterruptedException {
    progress.line("Kafka: " + brokers);
    progress.line(
        dashboard.awaitAnswer(PATIENCE)
            ? "dashboard: " + dashboard.address() + " (interrupt to stop)"
            : "dashboard: no answer yet from "
                + dashboard.address()
                + " — look into "
                + home.resolve("logs"));
    if (json) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          new ObjectMapper()
              .createObjectNode()
              .put("bootstrapServers", brokers)
              .put("dashboard", dashboard.address().toString()));
      out.flush();
    }
  }

  private List<String> remote(Path home) {
    return List.of(
        "-Drspar.kafka.bootstrap-servers=" + bootstrapServers,
        "-Drspar.artifacts.uri="
            + (artifacts == null ? home.resolve("artifacts").toUri() : artifacts));
  }

  /** Something that can go wrong for good. */
  @FunctionalInterface
  private interface Watched {
    Optional<String> defect();
  }

  private static Thread onInterrupt(Runnable stop) {
    Thread hook = new Thread(stop, "rspar-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    return hook;
  }

  /** Until it is interrupted, which the hook answers, or something has gone wrong for good. */
  private static void watch(Watched watched, Thread hook)
      throws CommandFailure, InterruptedException {
    while (true) {
      Optional<String> defect = watched.defect();
      if (defect.isPresent()) {
        Runtime.getRuntime().removeShutdownHook(hook);
        throw CommandFailure.failed(defect.get(), "report it with that log");
      }
      Thread.sleep(WATCH);
    }
  }
}
