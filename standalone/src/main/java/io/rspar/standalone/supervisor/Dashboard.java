package io.rspar.standalone.supervisor;

import io.rspar.kit.service.Loops;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The dashboard in a process of its own, so that a crash of the numerical code leaves it up. */
public final class Dashboard implements AutoCloseable {
  /** It holds nothing that a restart would lose. */
  private static final int MAX_RESTARTS = 20;

  private static final Duration LOOK = Duration.ofSeconds(5);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

  private final ChildProcess process;
  private final URI address;

  private Dashboard(ChildProcess process, URI address) {
    this.process = process;
    this.address = address;
  }

  /**
   * Starts it on this machine's own interface.
   *
   * @param folder for its log
   * @param port to listen on; any free one if that is taken, or if it is 0
   * @param properties where brokers and artifacts are, as {@code -Dname=value}
   */
  public static Dashboard start(
      Application application, Path folder, int port, List<String> properties) throws IOException {
    int free = freePort(port);
    List<String> options = new ArrayList<>();
    options.add("-Xmx512m");
    options.add("-Drspar.services=" + Loops.NONE);
    options.add("-Drspar.dashboard.enabled=true");
    options.add("-Drspar.dashboard.requests-folder=" + Path.of("").toAbsolutePath());
    options.add("-Drspar.exit-with-parent=true");
    options.add("-Dquarkus.http.host=localhost");
    options.add("-Dquarkus.http.port=" + free);
    options.addAll(properties);
    ChildProcess process =
        new ChildProcess(
            "dashboard",
            JavaCommand.of(options, List.of("-jar", application.runner().toString())),
            folder,
            folder.resolve("logs").resolve("dashboard.log"),
            MAX_RESTARTS,
            status -> {});
    process.start();
    return new Dashboard(process, URI.create("http://localhost:" + free + "/"));
  }

  private static int freePort(int wanted) throws IOException {
    InetAddress local = InetAddress.getLoopbackAddress();
    try (ServerSocket socket = new ServerSocket(wanted, 1, local)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      try (ServerSocket socket = new ServerSocket(0, 1, local)) {
        return socket.getLocalPort();
      }
    }
  }

  /** Where a browser finds it, once it {@linkplain #awaitAnswer answers}. */
  public URI address() {
    return address;
  }

  /** Waits until it answers; false if it does not for so long. */
  public boolean awaitAnswer(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    HttpClient client = HttpClient.newHttpClient();
    while (!answers(client)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(BETWEEN_LOOKS.toMillis());
    }
    return true;
  }

  private boolean answers(HttpClient client) throws InterruptedException {
    HttpRequest look = HttpRequest.newBuilder(address).timeout(LOOK).build();
    try {
      return client.send(look, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
