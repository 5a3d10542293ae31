package io.rspar.kit.service;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.EventLoop;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.LoopContext;
import io.rspar.kit.event.Process;
import io.rspar.kit.event.UnwantedRequests;
import io.rspar.kit.event.Worker;
import io.rspar.kit.metric.NativeMemory;
import io.rspar.kit.metric.WorkMeter;
import io.rspar.kit.trace.Tracing;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and stops the loops of this application. A service module observes the start-up event and
 * calls {@link #work} or {@link #process} once; nothing happens where {@code rspar.services} does
 * not name the service.
 */
@ApplicationScoped
public class Loops {
  /** Value of {@code rspar.services} of a process that runs none, such as the dashboard's. */
  public static final String NONE = "none";

  private static final Logger LOG = LoggerFactory.getLogger(Loops.class);

  private final Set<Service> active;
  private final EventCodec codec;
  private final UnwantedRequests unwanted;
  private final MeterRegistry registry;
  private final LoopContext context;
  private final List<EventLoop> loops = new CopyOnWriteArrayList<>();

  public Loops(
      KafkaConfig kafka,
      EventsConfig events,
      JobConfig jobs,
      MeterRegistry registry,
      @ConfigProperty(name = "rspar.services", defaultValue = "sensitivity,search,pruner,eval")
          List<String> services) {
    this.active =
        services.equals(List.of(NONE))
            ? Set.of()
            : services.stream().map(Service::of).collect(Collectors.toSet());
    KafkaClients clients = new KafkaClients(kafka.settings());
    this.codec = events.codec();
    this.unwanted = new UnwantedRequests(clients, codec);
    this.context =
        new LoopContext(
            clients,
            codec,
            jobs.settings(),
            registry,
            unwanted,
            service -> Tracing.ofEnvironment(service.group()));
    this.registry = registry;
    NativeMemory.export(registry);
  }

  /** Runs a worker service; all its instances share one consumer group. */
  public void work(Service service, Worker worker) {
    work(service, "", worker);
  }

  /**
   * Runs a worker service whose instances of one kind share a consumer group, so that each kind
   * sees every event: evaluators of a device class.
   *
   * @param kind appended to the group's name; empty for one group of all
   */
  public void work(Service service, String kind, Worker worker) {
    if (active(service)) {
      begin(EventLoop.working(service, kind, context, metered(service, worker)));
    }
  }

  private Worker metered(Service service, Worker worker) {
    WorkMeter meter = new WorkMeter(registry, Clock.systemUTC(), service.id());
    return (event, job) -> meter.measure(event, () -> worker.work(event, job));
  }

  /** Runs the service that holds the process state. */
  public <S> void process(Service service, Process<S> process) {
    if (active(service)) {
      begin(EventLoop.processing(service, context, process));
    }
  }

  /** How this application reaches the brokers. */
  public KafkaClients clients() {
    return context.clients();
  }

  /** The loops that were started. */
  public List<EventLoop> running() {
    return List.copyOf(loops);
  }

  private boolean active(Service service) {
    if (!active.contains(service)) {
      LOG.info("{} is not among rspar.services: not started", service.id());
    }
    return active.contains(service);
  }

  private void begin(EventLoop loop) {
    if (loops.isEmpty()) {
      unwanted.start();
    }
    loops.add(loop);
    loop.start();
  }

  void stop(@Observes ShutdownEvent event) {
    // Together, so that one grace period covers all.
    loops.parallelStream().forEach(EventLoop::close);
    unwanted.close();
    codec.close();
  }
}
