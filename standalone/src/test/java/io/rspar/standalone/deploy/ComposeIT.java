package io.rspar.standalone.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequest;
import io.rspar.kit.artifact.RetryableHttpClient;
import io.rspar.kit.request.RequestFile;
import io.rspar.standalone.client.RequestClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
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
  private static final Path EXAMPLE = Path.of("..", "examples", "fashion-mnist");
  private static final String BUCKET = "rspar";
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @TempDir Path folder;

  @Test
  void aRequestGoesThroughTheContainers() throws Exception {
    try (S3Client s3 = connect();
        RequestClient client = new RequestClient(System.getProperty("rspar.compose.kafka"))) {
      upload(s3);
      client.submit(request());
      PruningCompleted completed = awaitCompleted(client);

      assertThat(completed.getGoalMet()).isTrue();
      assertThat(completed.getDirectory()).startsWith("s3://rspar/outputs/compose");
      assertThat(sizeOf(s3, "outputs/compose/model.onnx"))
          .isPositive()
          .isLessThan(Files.size(EXAMPLE.resolve("fashion_resnet.onnx")));
      assertThat(sizeOf(s3, "outputs/compose/report.md")).isPositive();
      theDashboardHandsOut("files/report.html", "<title>");
      theDashboardHandsOut("layers", "\"kept\"");
    }
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
    URI query =
        URI.create(
            System.getProperty("rspar.compose.prometheus")
                + "/api/v1/query?query=count%20by%20(job)(up%20%3D%3D%201)");
    JsonNode answer = new ObjectMapper().readTree(get(query).body());
    Map<String, Integer> up = new HashMap<>();
    for (JsonNode job : answer.at("/data/result")) {
      up.put(job.at("/metric/job").textValue(), job.at("/value/1").asInt());
    }
    return up;
  }

  private static S3Client connect() {
    return S3Client.builder()
        .endpointOverride(URI.create(System.getProperty("rspar.compose.s3")))
        .forcePathStyle(true)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create("rspar", "for-this-machine-only")))
        .httpClient(new RetryableHttpClient(UrlConnectionHttpClient.create()))
        .build();
  }

  private static void upload(S3Client s3) throws Exception {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(EXAMPLE, "*.{onnx,gz}")) {
      for (Path file : files) {
        s3.putObject(r -> r.bucket(BUCKET).key("inputs/" + file.getFileName()), file);
      }
    }
  }

  private PruningRequest request() throws Exception {
    String yaml =
        Files.readString(EXAMPLE.resolve("request-short.yaml"))
            .replaceAll("[a-z_-]+\\.(onnx|idx\\.gz)", "s3://rspar/inputs/$0");
    Path file = Files.writeString(folder.resolve("request.yaml"), yaml);
    return PruningRequest.newBuilder(new RequestFile().read(file, Instant.now()))
        .setRequestId("compose")
        .setOutput("s3://rspar/outputs/compose/")
        .build();
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
    return s3.headObject(r -> r.bucket(BUCKET).key(key)).contentLength();
  }
}
