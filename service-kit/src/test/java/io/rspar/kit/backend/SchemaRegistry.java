package io.rspar.kit.backend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * A real Apicurio Registry that knows no schemas: version 3 in a container; beside this process the
 * last of version 2, which runs on Java 17 and understands the same clients.
 */
public final class SchemaRegistry implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final int PORT = 8080;

  /** Unpacked there before the integration tests. */
  private static final Path UNPACKED = Path.of("..", "service-kit", "target", "apicurio");

  private final String url;
  private final Runnable stop;

  private SchemaRegistry(String url, Runnable stop) {
    this.url = url;
    this.stop = stop;
  }

  /**
   * @param folder for its log, where it runs beside this process
   */
  public static SchemaRegistry start(Path folder) throws IOException, InterruptedException {
    return switch (Backend.current()) {
      case CONTAINERS -> inContainer();
      case EMBEDDED -> besideThisProcess(folder);
    };
  }

  // It is stopped through what is returned.
  @SuppressWarnings("resource")
  private static SchemaRegistry inContainer() {
    String path = "/apis/registry/v3";
    GenericContainer<?> container =
        new GenericContainer<>(Backend.registryImage())
            .withExposedPorts(PORT)
            .waitingFor(Wait.forHttp(path + "/system/info").withStartupTimeout(START_LIMIT));
    container.start();
    return new SchemaRegistry(
        "http://%s:%d%s".formatted(container.getHost(), container.getMappedPort(PORT), path),
        container::stop);
  }

  private static SchemaRegistry besideThisProcess(Path folder)
      throws IOException, InterruptedException {
    int port = Backend.freePort();
    Path log = folder.resolve("registry.log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + port,
                "-jar",
                runner().toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    SchemaRegistry registry =
        new SchemaRegistry(
            "http://127.0.0.1:%d/apis/registry/v2".formatted(port), process::destroyForcibly);
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!registry.answers()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        registry.close();
        throw new IOException("The registry does not answer: " + Files.readString(log));
      }
      Thread.sleep(200);
    }
    return registry;
  }

  private static Path runner() throws IOException {
    try (DirectoryStream<Path> runners = Files.newDirectoryStream(UNPACKED, "*-runner.jar")) {
      return runners.iterator().next();
    }
  }

  private boolean answers() throws IOException, InterruptedException {
    HttpRequest info = HttpRequest.newBuilder(URI.create(url + "/system/info")).build();
    try {
      return HttpClient.newHttpClient()
              .send(info, HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (ConnectException e) {
      return false;
    }
  }

  /** Of its own interface, for {@code apicurio.registry.url}. */
  public String url() {
    return url;
  }

  /**
   * What it answers in the interface that Confluent's clients know.
   *
   * @param path within that, such as {@code /subjects}
   */
  public JsonNode confluent(String path) throws IOException, InterruptedException {
    URI uri = URI.create(url).resolve("/apis/ccompat/v7" + path);
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }

  @Override
  public void close() {
    stop.run();
  }
}
