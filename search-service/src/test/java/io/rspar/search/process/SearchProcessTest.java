package io.rspar.search.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.ArtifactRef;
import io.rspar.events.CancellationRequested;
import io.rspar.events.CurvatureRequested;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningFailed;
import io.rspar.events.SensitivityRequested;
import io.rspar.events.Stage;
import io.rspar.events.topic.Topic;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.event.Process.Missing;
import io.rspar.search.report.ResultPublisher;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What needs no network: the rest is in the pipeline's tests. */
class SearchProcessTest {
  @TempDir Path folder;
  private final Set<String> connected = new TreeSet<>();
  private SearchProcess process;

  @BeforeEach
  void create() {
    ArtifactStore store = new FileArtifactStore(folder, 1 << 20, List.of());
    Clock clock = Clock.systemUTC();
    process =
        new SearchProcess(
            store,
            new RequestData(store),
            new ResultPublisher(store, clock),
            () -> connected,
            clock);
  }

  @Test
  void aCancelledRequestEndsOnceWhereverItIs() throws Exception {
    CancellationRequested cancellation = new CancellationRequested("r", Instant.EPOCH);
    SearchState underWay = process.fold(process.initial("r"), TestEvents.measured("r", "default"));
    for (SearchState before : List.of(process.initial("r"), underWay)) {
      SearchState after = process.fold(before, cancellation);
      assertThat(process.finished(after)).isTrue();
      assertThat(process.fold(after, cancellation)).as("a duplicate").isSameAs(after);
      PruningFailed end =
          process.act(after, cancellation, null).stream()
              .map(Outgoing::event)
              .filter(PruningFailed.class::isInstance)
              .map(PruningFailed.class::cast)
              .findFirst()
              .orElseThrow();
      assertThat(end.getReason()).isEqualTo(FailureReason.CANCELLED);
    }
  }

  @Test
  void shardsGoOutAndTheirSumsTogetherWhenTheLastIsThere() throws Exception {
    List<CurvatureRequested> shards =
        events(act(process.initial("r"), TestEvents.admitted("r", 3)), CurvatureRequested.class);
    assertThat(shards)
        .extracting(CurvatureRequested::getShardId)
        .containsExactly("r/0", "r/1", "r/2");
    assertThat(shards)
        .allSatisfy(
            shard -> {
              assertThat(shard.getShards()).isEqualTo(3);
              assertThat(shard.getRequest().getRequestId()).isEqualTo("r");
            });
    SearchState state = process.fold(process.initial("r"), TestEvents.admitted("r", 3));
    for (int shard : new int[] {2, 0}) {
      List<Outgoing> out = act(state, TestEvents.summed("r", shard, 3));
      assertThat(out)
          .singleElement()
          .extracting(Outgoing::topic)
          .as("a status and nothing else")
          .isEqualTo(Topic.PRUNING_STATUS);
      state = process.fold(state, TestEvents.summed("r", shard, 3));
    }
    SensitivityRequested all =
        events(act(state, TestEvents.summed("r", 1, 3)), SensitivityRequested.class).get(0);
    assertThat(all.getSums())
        .extracting(ArtifactRef::getUri)
        .containsExactly("sums of 0", "sums of 1", "sums of 2");
    assertThat(all.getDurationNanos()).isEqualTo(2);
    assertThat(all.getWarnings()).containsExactly("a warning");
    assertThat(all.getOrigins()).containsEntry("hash", "file");
    assertThat(process.missing(List.of(state))).isEmpty();
  }

  private List<Outgoing> act(SearchState before, SpecificRecord event) throws Exception {
    return process.act(process.fold(before, event), event, null);
  }

  private static <T> List<T> events(List<Outgoing> out, Class<T> type) {
    return out.stream().map(Outgoing::event).filter(type::isInstance).map(type::cast).toList();
  }

  @Test
  void aDeviceClassWithoutEvaluatorIsMissed() {
    SearchState waits = process.initial("a").with(TestEvents.measured("a", "edge"));
    SearchState fine = process.initial("b").with(TestEvents.measured("b", "server"));
    SearchState unmeasured = process.initial("c");
    connected.add("server");
    List<Missing> missing = process.missing(List.of(waits, fine, unmeasured));
    assertThat(missing).hasSize(1);
    assertThat(missing.get(0).requestId()).isEqualTo("a");
    assertThat(missing.get(0).stage()).isEqualTo(Stage.EVALUATION);
    assertThat(missing.get(0).detail())
        .contains("'edge'", "there are server", "RSPAR_EVAL_DEVICE_CLASS=edge");
    connected.add("edge");
    assertThat(process.missing(List.of(waits, fine, unmeasured))).isEmpty();
  }
}
