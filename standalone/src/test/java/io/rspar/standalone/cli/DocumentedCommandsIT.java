package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.events.AllocationMethod;
import io.rspar.standalone.supervisor.Application;
import io.rspar.standalone.supervisor.Installation;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The documentation's commands that need Kafka, with the packaged application and a real broker.
 */
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class DocumentedCommandsIT {
  private static final Path MODULE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath();

  @TempDir Path folder;
  private final Map<String, String> replacements = new HashMap<>();

  @BeforeEach
  void aSmallRequest() throws Exception {
    System.setProperty(Application.LOCATION, MODULE.resolve("target/quarkus-app").toString());
    System.setProperty("rspar.work", folder.resolve("work").toString());
    System.setProperty("rspar.home", MODULE.resolve("..").normalize().toString());
    Path request = SmallRequest.in(folder);
    replacements.put("request.yaml", request.toString());
    replacements.put("examples/fashion-mnist/request-short.yaml", request.toString());
  }

  @AfterEach
  void reset() {
    System.clearProperty(Application.LOCATION);
    System.clearProperty("rspar.work");
    System.clearProperty("rspar.home");
  }

  @Test
  void aRequestRunsToItsReport() throws Exception {
    Path out = folder.resolve("out");
    for (String documented : List.of("out/", "out/short", "out/resnet18", "out/resnet20")) {
      replacements.put(documented, out.toString());
    }
    List<List<String>> commands = DocumentedCommand.of(List.of("run"), replacements);
    assertThat(commands).as("they are all the same here").hasSize(1);
    CommandRun run = CommandRun.of(commands.get(0));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("dashboard: http://localhost:", "results: " + out);
    for (String file : List.of("model.onnx", "report.html", "report.md", "report.json")) {
      assertThat(out.resolve(file)).isNotEmptyFile();
    }
  }

  @Test
  void requestsOnAClusterAreSubmittedWatchedAndFetched() throws Exception {
    Path results = folder.resolve("results");
    replacements.put("ID", SmallRequest.ID);
    replacements.put("DIR", results.toString());
    try (Installation cluster =
        Installation.start(
            Application.locate(), folder.resolve("cluster"), false, List.of(), line -> {})) {
      replacements.put("BROKERS", cluster.bootstrapServers());
      replacements.put("localhost:9092", cluster.bootstrapServers());
      for (String name : List.of("submit", "topics", "watch", "results")) {
        List<List<String>> commands = DocumentedCommand.of(List.of(name), replacements);
        assertThat(commands).as(name).isNotEmpty();
        for (List<String> command : commands) {
          if (command.contains(SchemaRegistryIT.OPTION)) {
            continue;
          }
          CommandRun run = CommandRun.of(command);
          assertThat(run.status()).as("%s: %s%s", command, run.out(), run.err()).isZero();
        }
      }
      assertThat(results.resolve("report.html")).isNotEmptyFile();
      for (List<String> command : DocumentedCommand.of(List.of("cancel"), replacements)) {
        CommandRun run = CommandRun.of(command);
        assertThat(run.status()).as("it has ended already: %s", run.err()).isEqualTo(1);
      }

      CommandRun topics =
          CommandRun.of(List.of("topics", "--check", "-b", cluster.bootstrapServers(), "--json"));
      JsonNode json = new ObjectMapper().readTree(topics.out());
      assertThat(json.path("agree").asBoolean()).isTrue();
      assertThat(json.path("differences")).isEmpty();
    }
  }

  @Test
  void allMethodsAreComparedOnOneRequest() throws Exception {
    Path out = folder.resolve("compared");
    replacements.put("out/compare", out.toString());
    for (String documented :
        List.of(
            "demo-25",
            "demo-39",
            "demo-latency",
            "resnet20-39",
            "resnet20-39-cut",
            "resnet20-50")) {
      String requests = "benchmarks/requests/%s.yaml".formatted(documented);
      assertThat(MODULE.resolve("..").resolve(requests)).exists();
      replacements.put(requests, replacements.get("request.yaml"));
      replacements.put("out/" + documented, out.toString());
    }
    // One seed is a minute; more are the same again.
    replacements.put("3", "1");
    replacements.put("5", "1");
    List<List<String>> commands = DocumentedCommand.of(List.of("compare"), replacements);
    assertThat(commands).isNotEmpty();
    for (List<String> command : commands) {
      CommandRun run = CommandRun.of(command);
      assertThat(run.status()).as("%s: %s%s", command, run.out(), run.err()).isZero();
      assertThat(run.out())
          .contains("curve-optimal", "r-spar", "depgraph")
          .doesNotContain("failed");
    }
    JsonNode comparison =
        new ObjectMapper().readTree(out.resolve("comparison.json").toFile()).path("rows");
    assertThat(comparison).hasSize(AllocationMethod.values().length);
    assertThat(out.resolve("comparison.svg")).isNotEmptyFile();
  }

  @Test
  void benchmarksOfTheWholeRun() throws Exception {
    DocumentedBenchmarks.runWholes(folder);
  }

  @Test
  void whatRunsUntilItIsInterruptedStartsAndEndsWithIt() throws Exception {
    replacements.put("/mnt/rspar", folder.resolve("artifacts").toString());
    try (InterruptedCommand own = new InterruptedCommand(folder, List.of("serve"))) {
      String brokers = own.awaits("Kafka: (\\S+)");
      assertServed(own.awaits("dashboard: (\\S+)"));
      replacements.put("BROKERS", brokers);
      replacements.put("localhost:9092", brokers);
      List<List<String>> serving = DocumentedCommand.of(List.of("serve"), replacements);
      assertThat(serving).hasSize(2).contains(List.of("serve"));
      for (List<String> command : serving) {
        if (command.size() > 1) {
          try (InterruptedCommand another = new InterruptedCommand(folder, command)) {
            assertServed(another.awaits("dashboard: (\\S+)"));
            assertThat(another.interrupted()).isTrue();
          }
        }
      }
      List<List<String>> services = DocumentedCommand.of(List.of("services"), replacements);
      assertThat(services).isNotEmpty();
      for (List<String> command : services) {
        try (InterruptedCommand started = new InterruptedCommand(folder, command)) {
          started.awaits("started (pruner-" + (command.contains("--only") ? 2 : 1) + ")");
          assertThat(started.interrupted()).isTrue();
        }
      }
      assertThat(own.interrupted()).isTrue();
    }
  }

  /** The dashboard's process starts while its address is already known. */
  private static void assertServed(String address) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(address)).build();
    HttpClient client = HttpClient.newHttpClient();
    Instant deadline = Instant.now().plus(Duration.ofMinutes(2));
    while (true) {
      try {
        assertThat(client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
            .isEqualTo(200);
        return;
      } catch (ConnectException e) {
        assertThat(Instant.now()).as(address).isBefore(deadline);
        Thread.sleep(200);
      }
    }
  }
}
