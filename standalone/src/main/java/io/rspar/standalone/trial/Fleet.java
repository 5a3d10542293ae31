package io.rspar.standalone.trial;

import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.TopicSetup;
import io.rspar.kit.service.Service;
import io.rspar.standalone.broker.BrokerProcess;
import io.rspar.standalone.broker.BrokerStartException;
import io.rspar.standalone.supervisor.Application;
import io.rspar.standalone.supervisor.ChildProcess;
import io.rspar.standalone.supervisor.ServiceProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;

/** A broker and the four services, each in a process of its own, that come back when they die. */
final class Fleet implements AutoCloseable {
  /** More than any trial kills. */
  private static final int MAX_RESTARTS = 1_000;

  private final BrokerProcess broker;
  private final List<ChildProcess> services = new ArrayList<>();

  private Fleet(BrokerProcess broker) {
    this.broker = broker;
  }

  /**
   * Starts everything.
   *
   * @param configuration of the services, by its names
   * @param options of the services' JVMs
   */
  static Fleet start(
      Path folder,
      Map<String, String> configuration,
      List<String> options,
      Consumer<String> lifecycle)
      throws IOException, InterruptedException, BrokerStartException {
    Path logs = Files.createDirectories(folder.resolve("logs"));
    BrokerProcess broker =
        BrokerProcess.start(folder.resolve("kafka"), logs.resolve("kafka.log"), MAX_RESTARTS);
    Fleet fleet = new Fleet(broker);
    try {
      try (Admin admin = fleet.clients().admin()) {
        TopicSetup.ensure(admin, (short) 1);
      }
      ServiceProcess template =
          new ServiceProcess(
                  Application.locate(),
                  broker.bootstrapServers(),
                  folder.resolve("artifacts").toUri(),
                  logs)
              .configured(configuration)
              .with(options);
      for (Service service : Service.values()) {
        ChildProcess process = template.of(service.id(), List.of(service), MAX_RESTARTS, lifecycle);
        process.start();
        fleet.services.add(process);
      }
    } catch (IOException | RuntimeException e) {
      fleet.close();
      throw e;
    }
    return fleet;
  }

  BrokerProcess broker() {
    return broker;
  }

  List<ChildProcess> services() {
    return List.copyOf(services);
  }

  KafkaClients clients() {
    return new KafkaClients(KafkaSettings.local(broker.bootstrapServers()));
  }

  /** A process that has died for good, if any. */
  Optional<ChildProcess> lost() {
    return services.stream().filter(ChildProcess::hasGivenUp).findFirst();
  }

  @Override
  public void close() {
    services.forEach(ChildProcess::stop);
    services.forEach(ChildProcess::close);
    broker.close();
  }
}
