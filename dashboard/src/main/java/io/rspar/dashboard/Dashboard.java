package io.rspar.dashboard;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.rspar.dashboard.board.Board;
import io.rspar.dashboard.feed.Publisher;
import io.rspar.dashboard.feed.TopicFeed;
import io.rspar.dashboard.metric.BoardMetrics;
import io.rspar.dashboard.pipeline.PipelineProbe;
import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.service.EventsConfig;
import io.rspar.kit.service.KafkaConfig;
import io.rspar.kit.trace.Tracing;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Holds the parts together: the feed fills the board, the web shows it. */
@ApplicationScoped
public class Dashboard {
  /** How often what is exported is looked at (seconds): as often as it is usually scraped. */
  private static final int METRICS = 10;

  private final boolean enabled;
  private final EventCodec codec;
  private final Board board;
  private final TopicFeed feed;
  private final PipelineProbe probe;
  private final Tracing tracing;
  private final Publisher publisher;
  private final BoardMetrics metrics;
  private final ScheduledExecutorService refreshing;

  public Dashboard(
      DashboardConfig config, KafkaConfig kafka, EventsConfig events, MeterRegistry registry) {
    Clock clock = Clock.systemUTC();
    KafkaClients clients = new KafkaClients(kafka.settings());
    this.enabled = config.enabled();
    this.codec = events.codec();
    this.board = new Board(config.maxRequests());
    this.feed = new TopicFeed(clients, codec, board);
    this.probe = new PipelineProbe(clients, clock, config.probeInterval());
    this.tracing = Tracing.ofEnvironment("rspar-dashboard");
    this.publisher = new Publisher(clients, codec, clock, tracing);
    this.refreshing =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "rspar-dashboard-metrics");
              thread.setDaemon(true);
              return thread;
            });
    this.metrics = enabled ? new BoardMetrics(board, probe, clock, registry) : null;
  }

  public Board board() {
    return board;
  }

  public TopicFeed feed() {
    return feed;
  }

  public PipelineProbe probe() {
    return probe;
  }

  public Publisher publisher() {
    return publisher;
  }

  void start(@Observes StartupEvent event) {
    if (enabled) {
      feed.start();
      refreshing.scheduleWithFixedDelay(metrics::refresh, METRICS, METRICS, TimeUnit.SECONDS);
    }
  }

  void stop(@Observes ShutdownEvent event) {
    refreshing.shutdownNow();
    feed.close();
    probe.close();
    codec.close();
    tracing.close();
  }
}
