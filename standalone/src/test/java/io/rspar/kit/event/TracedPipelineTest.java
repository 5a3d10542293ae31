package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.rspar.events.Criterion;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import io.rspar.kit.trace.Tracing;
import io.rspar.standalone.pipeline.Deciders;
import io.rspar.standalone.pipeline.DemoRequests;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One request through the four services, with their real handlers and deciders: one trace. */
class TracedPipelineTest {
  private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("service.name");
  private static final AttributeKey<String> TOPIC =
      AttributeKey.stringKey("messaging.destination.name");

  private static final JobSettings SETTINGS =
      new JobSettings(
          1,
          Duration.ofMillis(1),
          3,
          Duration.ofMinutes(1),
          Duration.ofSeconds(5),
          Duration.ofSeconds(1));

  @TempDir Path folder;
  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final EventCodec codec = EventCodec.singleObject();
  private final Clock clock = Clock.systemUTC();

  private Tracing tracing(String service) {
    return Tracing.of(
        SdkTracerProvider.builder()
            .setResource(Resource.builder().put(SERVICE, service).build())
            .addSpanProcessor(SimpleSpanProcessor.create(exporter)));
  }

  @Test
  void aRequestIsOneTraceAndEveryJobAChildOfWhatCausedIt() throws Exception {
    Deciders deciders = Deciders.of(folder.resolve("store"));
    SimulatedLog log = new SimulatedLog();
    List<SimulatedGroup> groups = new ArrayList<>();
    for (Service service : Service.values()) {
      Tracing tracing = tracing(service.id());
      groups.add(
          new SimulatedGroup(
              service,
              1,
              log,
              () -> new TracedHandler(handler(service, deciders, log), tracing),
              new Random(1)));
    }
    submit(log, "traced");
    while (!groups.stream().allMatch(SimulatedGroup::isIdle)) {
      for (SimulatedGroup group : groups) {
        group.step();
      }
    }

    List<SpanData> spans = exporter.getFinishedSpanItems();
    assertThat(spans).extracting(SpanData::getTraceId).containsOnly(spans.get(0).getTraceId());
    Map<String, SpanData> byId = new HashMap<>();
    spans.forEach(span -> byId.put(span.getSpanId(), span));
    List<String> edges = new ArrayList<>();
    for (SpanData span : spans) {
      SpanData parent = byId.get(span.getParentSpanId());
      edges.add((parent == null ? "" : name(parent)) + " > " + name(span));
    }
    // The candidate, the delivered model, and the end, which the search reads too.
    assertThat(edges)
        .contains(
            " > cli pruning-requests",
            "cli pruning-requests > sensitivity pruning-requests",
            "sensitivity pruning-requests > search sensitivity-reports",
            "search sensitivity-reports > pruner pruning-candidates",
            "pruner pruning-candidates > eval pruned-models",
            "eval pruned-models > search evaluation-results",
            "search evaluation-results > pruner pruning-candidates",
            "search evaluation-results > search pruning-results");
    assertThat(edges).filteredOn(edge -> edge.startsWith(" >")).hasSize(1);
    assertThat(spans).allSatisfy(span -> assertThat(span.hasEnded()).isTrue());
  }

  private static String name(SpanData span) {
    return span.getResource().getAttribute(SERVICE) + " " + span.getAttributes().get(TOPIC);
  }

  private void submit(SimulatedLog log, String id) {
    PruningRequest request =
        DemoRequests.request(id, DemoRequests.MODEL, folder.resolve("out"))
            .setCriterion(Criterion.L1)
            .build();
    Span span = tracing("cli").send(Topic.PRUNING_REQUESTS.topicName(), id);
    log.append(
        new Outbox(codec, "/test", clock)
            .record(
                Outgoing.of(Topic.PRUNING_REQUESTS, new PruningRequested(request)),
                Context.root().with(span)));
    span.end();
  }

  private Handler handler(Service service, Deciders deciders, SimulatedLog log) {
    JobRunner runner = new JobRunner(new Outbox(codec, "/rspar/" + service.id(), clock), SETTINGS);
    RequestProgress silent = (trace, requestId, stage, share, detail) -> {};
    if (service == Service.SEARCH) {
      return new ProcessHandler<>(
          deciders.search(),
          service,
          () -> log.history(service.group()),
          codec,
          runner,
          silent,
          requestId -> false);
    }
    return new WorkHandler(
        service,
        deciders.worker(service),
        new FailureEvents(service, clock),
        codec,
        runner,
        silent,
        requestId -> false);
  }
}
