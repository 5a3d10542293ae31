package io.rspar.standalone.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.AllocationMethod;
import io.rspar.events.Criterion;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequest;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.deploy.ComposeBroker;
import io.rspar.standalone.deploy.ComposeStore;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * One search through the containers of docker-compose.yml, as many as there are: says how long its
 * candidates took. With {@code RSPAR_SCALE_OUT=1}, {@code .ci/containers} runs it with one pruner
 * and evaluator, and with two.
 */
@EnabledIfSystemProperty(named = "rspar.compose.instances", matches = ".+")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ComposeScaleOutIT {
  private static final int CANDIDATES = 32;

  @TempDir Path folder;

  @Test
  void allCandidatesAreMeasured() throws Exception {
    String instances = System.getProperty("rspar.compose.instances");
    try (S3Client s3 = ComposeStore.connect();
        RequestClient client = ComposeBroker.connect()) {
      ComposeStore.upload(s3);
      // The workers load their classes and the store's files.
      serve(client, "scale-out-" + instances + "-warm-up", "warm-up".hashCode());
      String id = "scale-out-" + instances + "-measured";
      serve(client, id, "measured".hashCode());
      System.out.printf(
          "%d candidates with %s pruner and evaluator containers: %.1f s%n",
          CANDIDATES,
          instances,
          ScaleOut.explored(ComposeBroker.clients(), ComposeBroker.codec(), id, CANDIDATES));
    }
  }

  private void serve(RequestClient client, String id, long seed) throws Exception {
    client.submit(request(id, seed));
    Optional<SpecificRecord> end = Optional.empty();
    while (end.isEmpty()) {
      end = client.poll(id, status -> {});
    }
    assertThat(end.get()).isInstanceOf(PruningCompleted.class);
  }

  private PruningRequest request(String id, long seed) throws Exception {
    PruningRequest.Builder request = ComposeStore.request(id, folder);
    return request
        .setMethod(AllocationMethod.RANDOM_SEARCH)
        .setCriterion(Criterion.L2)
        .setSearch(
            SearchSettings.newBuilder().setRounds(1).setCandidatesPerRound(CANDIDATES).build())
        .setRecovery(RecoverySettings.newBuilder().setCompensationSamples(256).build())
        .setSeed(seed)
        .build();
  }
}
