package io.rspar.dashboard.metric;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.rspar.dashboard.board.Board;
import io.rspar.dashboard.board.CandidateView;
import io.rspar.dashboard.board.DeadLetter;
import io.rspar.dashboard.board.Detail;
import io.rspar.dashboard.board.Summary;
import io.rspar.dashboard.pipeline.Pipeline;
import io.rspar.dashboard.pipeline.PipelineProbe;
import io.rspar.kit.metric.Metric;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exports what no single service knows. Only open requests have a time series of their own, so that
 * their number stays bounded.
 */
public final class BoardMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(BoardMetrics.class);

  private final Board board;
  private final PipelineProbe probe;
  private final Clock clock;
  private final MeterRegistry registry;
  private final Map<Metric, MultiGauge> gauges;

  public BoardMetrics(Board board, PipelineProbe probe, Clock clock, MeterRegistry registry) {
    this.board = board;
    this.probe = probe;
    this.clock = clock;
    this.registry = registry;
    this.gauges =
        List.of(
                Metric.REQUESTS,
                Metric.REQUEST_FAILURES,
                Metric.REQUEST_PROGRESS,
                Metric.REQUEST_SILENCE,
                Metric.REQUEST_REWARD,
                Metric.REQUEST_CANDIDATES,
                Metric.CONSUMER_LAG,
                Metric.GROUP_MEMBERS,
                Metric.DEAD_LETTERS_OPEN)
            .stream()
            .collect(Collectors.toMap(Function.identity(), this::gauge));
    FunctionCounter.builder(Metric.CANDIDATES.meterName(), board, Board::candidatesEvaluated)
        .description(Metric.CANDIDATES.description())
        .register(registry);
  }

  private MultiGauge gauge(Metric metric) {
    return MultiGauge.builder(metric.meterName())
        .description(metric.description())
        .register(registry);
  }

  /** Looks again; never throws, so that it is called again. */
  public void refresh() {
    try {
      requests();
      groups(probe.look());
    } catch (KafkaException e) {
      LOG.warn("lag and members stay as they were: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("metrics stay as they were", e);
    }
  }

  private void requests() {
    Instant now = clock.instant();
    List<Summary> all = board.summaries(now);
    counted(Metric.REQUESTS, "stage", all, Summary::stage);
    List<Detail> details = all.stream().flatMap(s -> board.detail(s.id(), now).stream()).toList();
    counted(
        Metric.REQUEST_FAILURES,
        "reason",
        details.stream().filter(d -> d.failure() != null).toList(),
        d -> d.failure().reason());
    List<Detail> open = details.stream().filter(d -> !d.summary().ended()).toList();
    set(Metric.REQUEST_PROGRESS, open, d -> d.summary().progress());
    set(
        Metric.REQUEST_SILENCE,
        open,
        d -> Duration.between(d.summary().updatedAt(), now).toMillis() / 1e3);
    set(
        Metric.REQUEST_REWARD,
        open.stream().filter(d -> d.summary().reward() != null).toList(),
        d -> d.summary().reward());
    gauges.get(Metric.REQUEST_CANDIDATES).register(candidates(open), true);
    counted(
        Metric.DEAD_LETTERS_OPEN,
        "topic",
        board.deadLetters().stream().filter(d -> d.redrivenAt() == null).toList(),
        DeadLetter::topic);
  }

  private void groups(Pipeline pipeline) {
    List<Row<?>> lag = new ArrayList<>();
    List<Row<?>> members = new ArrayList<>();
    for (Pipeline.Group group : pipeline.groups()) {
      Tags tags = Tags.of("service", group.service(), "group", group.name());
      members.add(Row.of(tags, group.instances().size()));
      group.topics().forEach(t -> lag.add(Row.of(tags.and("topic", t.topic()), t.lag())));
    }
    gauges.get(Metric.CONSUMER_LAG).register(lag, true);
    gauges.get(Metric.GROUP_MEMBERS).register(members, true);
  }

  private static List<Row<?>> candidates(List<Detail> open) {
    List<Row<?>> rows = new ArrayList<>();
    for (Detail detail : open) {
      for (CandidateView.State state : CandidateView.State.values()) {
        rows.add(
            Row.of(
                Tags.of("request", detail.summary().id(), "state", lower(state.name())),
                detail.candidates().stream().filter(c -> c.state() == state).count()));
      }
    }
    return rows;
  }

  private <T> void counted(Metric metric, String tag, List<T> all, Function<T, String> value) {
    List<Row<?>> rows = new ArrayList<>();
    all.stream()
        .collect(Collectors.groupingBy(value, Collectors.counting()))
        .forEach((name, number) -> rows.add(Row.of(Tags.of(tag, lower(name)), number)));
    gauges.get(metric).register(rows, true);
  }

  private void set(Metric metric, List<Detail> open, Function<Detail, Double> value) {
    List<Row<?>> rows = new ArrayList<>();
    open.forEach(d -> rows.add(Row.of(Tags.of("request", d.summary().id()), value.apply(d))));
    gauges.get(metric).register(rows, true);
  }

  private static String lower(String constant) {
    return constant.toLowerCase(Locale.ROOT);
  }
}
