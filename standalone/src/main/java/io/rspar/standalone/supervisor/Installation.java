package io.rspar.standalone.supervisor;

import io.rspar.kit.service.Service;
import io.rspar.standalone.broker.BrokerProcess;
import io.rspar.standalone.broker.BrokerStartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A whole R-SPAR on this machine: the broker and the services, each in a process of its own.
 * Closing it stops the services first, then the broker that they commit to.
 */
public final class Installation implements AutoCloseable {
  /** A job gets its grace period twice: to end, and to be abandoned. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final BrokerProcess broker;
  private final List<ChildProcess> services;

  private Installation(BrokerProcess broker, List<ChildProcess> services) {
    this.broker = broker;
    this.services = services;
  }

  /**
   * Starts the broker, waits for it, and starts the services; they connect by themselves.
   *
   * @param folder for data, artifacts and logs
   * @param separate one process per service instead of one for all
   * @param jvmOptions for the service processes, such as {@code -Xmx4g}
   * @param lifecycle told in a few words what happens, for a person to read
   */
  public static Installation start(
      Application application,
      Path folder,
      boolean separate,
      List<String> jvmOptions,
      Consumer<String> lifecycle)
      throws IOException, InterruptedException, BrokerStartException {
    Path logs = Files.createDirectories(folder.resolve("logs"));
    lifecycle.accept("starting Kafka");
    BrokerProcess broker = BrokerProcess.start(folder.resolve("kafka"), logs.resolve("kafka.log"));
    ServiceProcess template =
        new ServiceProcess(
                application, broker.bootstrapServers(), folder.resolve("artifacts").toUri(), logs)
            // Nobody else is there to take over what is running.
            .withOption("-Drspar.jobs.shutdown-grace=PT5S")
            .withOption("-Drspar.pruner.checkpoints=" + folder.resolve("checkpoints"))
            .with(jvmOptions);
    List<ChildProcess> services = new ArrayList<>();
    Installation installation = new Installation(broker, services);
    try {
      for (List<Service> together : separate ? oneByOne() : List.of(List.of(Service.values()))) {
        String name = together.size() == 1 ? together.get(0).id() : "services";
        ChildProcess process = template.of(name, together, lifecycle);
        lifecycle.accept("starting " + process.name());
        process.start();
        services.add(process);
      }
    } catch (IOException e) {
      installation.close();
      throw e;
    }
    return installation;
  }

  private static List<List<Service>> oneByOne() {
    return Arrays.stream(Service.values()).map(List::of).toList();
  }

  public String bootstrapServers() {
    return broker.bootstrapServers();
  }

  /** The service processes. */
  public List<ChildProcess> services() {
    return List.copyOf(services);
  }

  /** What keeps this installation from ever finishing a request, if anything. */
  public Optional<String> defect() {
    if (!broker.isAlive()) {
      return Optional.of("Kafka has ended");
    }
    return services.stream()
        .filter(ChildProcess::hasGivenUp)
        .findFirst()
        .map(
            s ->
                "%s has died %d times; see %s"
                    .formatted(s.name(), ServiceProcess.MAX_RESTARTS + 1, s.log()));
  }

  @Override
  public void close() {
    services.forEach(ChildProcess::stop);
    services.forEach(service -> service.awaitEnd(STOP_LIMIT));
    broker.close();
  }
}
