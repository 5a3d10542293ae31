package io.rspar.standalone.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequest;
import io.rspar.standalone.client.RequestClient;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The demo's short request, with everything in S3, through the containers of docker-compose.yml
 * with three pruners and three evaluators: {@code -Drspar.compose.kafka=localhost:29092
 * -Drspar.compose.s3=http://localhost:29000 -Drspar.compose.prometheus=http://localhost:29090
 * -Drspar.compose.dashboard=http://localhost:28080}.
 */
@EnabledIfSystemProperty(named = "rspar.compose.kafka", matches = ".+")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class ComposeIT {
  private static final Path DASHBOARDS = Path.of("..", "monitoring", "grafana", "dashboards");

  /** Counted from the first mishap on; and what a scrape every ten seconds can miss. */
  private static final Pattern MAY_BE_EMPTY =
      Pattern.compile(
          "dead_letters|outcome=\"failed\"|request_failures|retries|session_restarts"
              + "|request_best_reward|request_silence");

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @TempDir Path folder;

  @Test
  void aRequestGoesThroughTheContainers() throws Exception {
    try (S3Client s3 = ComposeStore.connect();
        RequestClient client = ComposeBroker.connect()) {
      ComposeStore.upload(s3);
      client.submit(request());
      PruningCompleted completed = awaitCompleted(client);

      assertThat(completed.getGoalMet()).isTrue();
      assertThat(completed.getDirectory()).startsWith("s3://rspar/outputs/compose");
      assertThat(sizeOf(s3, "outputs/compose/model.onnx"))
          .isPositive()
          .isLessThan(Files.size(ComposeStore.EXAMPLE.resolve("fashion_resnet.onnx")));
      assertThat(sizeOf(s3, "outputs/compose/report.md")).isPositive();
      theDashboardHandsOut("files/report.html", "<title>");
      theDashboardHandsOut("layers", "\"kept\"");
    }
    thePanelsOfGrafanaHaveData();
  }

  /** Prometheus answers every query of the dashboards, with few exceptions with data. */
  private static void thePanelsOfGrafanaHaveData() throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    List<String> empty = emptyPanels();
    while (!empty.isEmpty()) {
      assertThat(System.nanoTime()).as("without data: %s", empty).isLessThan(deadline);
      Thread.sleep(5000);
      empty = emptyPanels();
    }
  }

  private static List<String> emptyPanels() throws Exception {
    List<String> empty = new ArrayList<>();
    try (DirectoryStream<Path> dashboards = Files.newDirectoryStream(DASHBOARDS, "*.json")) {
      for (Path dashboard : dashboards) {
        for (JsonNode query : new ObjectMapper().readTree(dashboard.toFile()).findValues("expr")) {
          String expression =
              query.textValue().replace("$service", ".*").replace("$request", "compose");
          // Some are about requests while they are open.
          JsonNode answer = ask("count_over_time((" + expression + ")[15m:10s])");
          assertThat(answer.path("status").textValue()).as(expression).isEqualTo("success");
          if (answer.at("/data/result").isEmpty() && !MAY_BE_EMPTY.matcher(expression).find()) {
            empty.add(expression);
          }
        }
      }
    }
    return empty;
  }

  private static JsonNode ask(String expression) throws Exception {
    URI query =
        URI.create(
            System.getProperty("rspar.compose.prometheus")
                + "/api/v1/query?query="
                + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    return new ObjectMapper().readTree(get(query).body());
  }

  /** Results and curves, which lie in S3; it reads the topics at its own pace. */
  private static void theDashboardHandsOut(String what, String part) throws Exception {
    URI uri =
        URI.create(System.getProperty("rspar.compose.dashboard") + "/api/requests/compose/" + what);
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    HttpResponse<String> answer = get(uri);
    while (answer.statusCode() != 200 && System.nanoTime() < deadline) {
      Thread.sleep(500);
      answer = get(uri);
    }
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains(part);
  }

  private static HttpResponse<String> get(URI uri) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void everyInstanceIsWatched() throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Map<String, Integer> up = instancesUp();
    while (!up.equals(Map.of("rspar", 8, "rspar-dashboard", 1))) {
      assertThat(System.nanoTime()).as("up: %s", up).isLessThan(deadline);
      Thread.sleep(1000);
      up = instancesUp();
    }
  }

  /** By job: one sensitivity and one search service, three pruners and evaluators, a dashboard. */
  private static Map<String, Integer> instancesUp() throws Exception {
    Map<String, Integer> up = new HashMap<>();
    for (JsonNode job : ask("count by (job)(up == 1)").at("/data/result")) {
      up.put(job.at("/metric/job").textValue(), job.at("/value/1").asInt());
    }
    return up;
  }

  private PruningRequest request() throws Exception {
    return ComposeStore.request("compose", folder).build();
  }

  private static PruningCompleted awaitCompleted(RequestClient client) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      Optional<SpecificRecord> end = client.poll("compose", status -> {});
      if (end.isPresent()) {
        assertThat(end.get()).isInstanceOf(PruningCompleted.class);
        return (PruningCompleted) end.get();
      }
    }
    throw new AssertionError("No result after " + PATIENCE);
  }

  private static long sizeOf(S3Client s3, String key) {
    return s3.headObject(r -> r.bucket(ComposeStore.BUCKET).key(key)).contentLength();
  }
}
