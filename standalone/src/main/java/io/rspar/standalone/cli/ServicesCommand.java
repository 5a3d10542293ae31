package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.kit.service.Service;
import io.rspar.standalone.supervisor.Application;
import io.rspar.standalone.supervisor.ChildProcess;
import io.rspar.standalone.supervisor.ServiceProcess;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code rspar services}. */
@Command(
    name = "services",
    description = {
      "Runs services against a cluster, each in a process of its own, until it is interrupted.",
      "A process that dies or hangs is started again."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar services -b localhost:9092 --artifacts /mnt/rspar",
      "  rspar services -b localhost:9092 --artifacts /mnt/rspar --only pruner,pruner,eval"
          + " --device-class edge-a",
      "  rspar services -b localhost:9092 --artifacts /mnt/rspar"
          + " --schema-registry http://localhost:8080/apis/registry/v3"
    })
final class ServicesCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--artifacts",
      paramLabel = "DIR|URI",
      required = true,
      description = "Artifact store that all services share: a folder, or a URI.")
  private String artifacts;

  @Option(
      names = "--only",
      paramLabel = "SERVICE",
      split = ",",
      description = "Which services; naming one twice runs two of it. Default: one of each.")
  private List<String> only = Arrays.stream(Service.values()).map(Service::id).toList();

  @Option(
      names = "--device-class",
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Device class of the evaluators. Default: ${DEFAULT-VALUE}.")
  private String deviceClass;

  @Option(
      names = "--logs",
      paramLabel = "DIR",
      description = "Folder for the processes' logs. Default: services/ in the work folder.")
  private Path logs;

  @Option(
      names = "--json",
      description = "Print each process and its log as a JSON object; all else to standard error.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    List<Service> wanted = services();
    PrintWriter out = spec.commandLine().getOut();
    Progress progress = new Progress(json ? spec.commandLine().getErr() : out);
    Path folder = (logs == null ? WorkFolder.of("services").logs() : logs).toAbsolutePath();
    Files.createDirectories(folder);
    ServiceProcess template =
        new ServiceProcess(Application.locate(), cluster.bootstrapServers(), uri(artifacts), folder)
            .configured(cluster.serviceConfiguration())
            .with(EmbeddedServices.jvmOptions())
            .withOption("-Drspar.eval.device-class=" + deviceClass);
    List<ChildProcess> processes = new ArrayList<>();
    for (Service service : wanted) {
      String name = service.id() + "-" + (1 + count(processes, service));
      processes.add(template.of(name, List.of(service), progress::line));
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  processes.forEach(ChildProcess::stop);
                  processes.forEach(ChildProcess::close);
                  stopped.countDown();
                },
                "rspar-stop"));
    for (ChildProcess process : processes) {
      process.start();
      progress.line("started %s; log in %s".formatted(process.name(), process.log()));
      if (json) {
        out.println(
            new ObjectMapper()
                .createObjectNode()
                .put("process", process.name())
                .put("log", process.log().toString()));
        out.flush();
      }
    }
    while (!stopped.await(1, TimeUnit.SECONDS)) {
      Optional<ChildProcess> dead = processes.stream().filter(ChildProcess::hasGivenUp).findFirst();
      if (dead.isPresent()) {
        throw CommandFailure.failed(
            dead.get().name() + " has died too often", "read " + dead.get().log());
      }
    }
    return 0;
  }

  private List<Service> services() {
    try {
      return only.stream().map(Service::of).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), e.getMessage().replace("rspar.services", "--only"), e);
    }
  }

  private static long count(List<ChildProcess> processes, Service service) {
    return processes.stream().filter(p -> p.name().startsWith(service.id() + "-")).count();
  }

  private static URI uri(String written) {
    return written.matches("[a-z][a-z0-9+.-]+:.*")
        ? URI.create(written)
        : Path.of(written).toAbsolutePath().normalize().toUri();
  }
}
