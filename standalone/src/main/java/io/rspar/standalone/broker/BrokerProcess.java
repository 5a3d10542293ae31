package io.rspar.standalone.broker;

import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.standalone.supervisor.ChildProcess;
import io.rspar.standalone.supervisor.JavaCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;

/**
 * One Kafka node, broker and controller, in a child process on free ports of the loopback
 * interface. A folder that holds data of an earlier node is used again.
 */
public final class BrokerProcess implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final ChildProcess process;
  private final String bootstrapServers;
  private final Aftercare aftercare;

  private BrokerProcess(ChildProcess process, String bootstrapServers, Aftercare aftercare) {
    this.process = process;
    this.bootstrapServers = bootstrapServers;
    this.aftercare = aftercare;
  }

  /** Starts a node that is not started again when it dies; see the other method. */
  public static BrokerProcess start(Path folder, Path log)
      throws BrokerStartException, IOException, InterruptedException {
    return start(folder, log, 0);
  }

  /**
   * Starts a node and waits until it answers.
   *
   * @param folder for data and configuration
   * @param log for its output
   * @param maxRestarts how often a node that dies is started again, on the same ports and data
   * @throws BrokerStartException with the end of its log if it does not come up
   */
  public static BrokerProcess start(Path folder, Path log, int maxRestarts)
      throws BrokerStartException, IOException, InterruptedException {
    Files.createDirectories(folder);
    int clientPort;
    int controllerPort;
    try (ServerSocket first = new ServerSocket(0);
        ServerSocket second = new ServerSocket(0)) {
      clientPort = first.getLocalPort();
      controllerPort = second.getLocalPort();
    }
    Path configuration = configure(folder, clientPort, controllerPort);
    boolean usedBefore = Files.exists(folder.resolve("data").resolve("meta.properties"));
    if (!usedBefore) {
      format(configuration);
    }
    String bootstrapServers = "localhost:" + clientPort;
    Aftercare aftercare = new Aftercare(bootstrapServers);
    Path logging = folder.resolve("logging.properties");
    try (InputStream in = BrokerProcess.class.getResourceAsStream("logging.properties")) {
      Files.write(logging, in.readAllBytes());
    }
    ChildProcess process =
        new ChildProcess(
            "kafka",
            JavaCommand.of(
                List.of(
                    "-Xmx512m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                    "-Dlogging.configuration=" + logging.toUri()),
                List.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    BrokerMain.class.getName(),
                    configuration.toString())),
            folder,
            log,
            maxRestarts,
            status -> aftercare.begin());
    process.start();
    if (usedBefore) {
      aftercare.begin();
    }
    BrokerProcess broker = new BrokerProcess(process, bootstrapServers, aftercare);
    try {
      broker.awaitReady();
    } catch (BrokerStartException | InterruptedException e) {
      broker.close();
      throw e;
    }
    return broker;
  }

  private static Path configure(Path folder, int clientPort, int controllerPort)
      throws IOException {
    Properties properties = new Properties();
    try (InputStream in = BrokerProcess.class.getResourceAsStream("server.properties")) {
      properties.load(in);
    }
    properties.setProperty("controller.quorum.voters", "1@localhost:" + controllerPort);
    properties.setProperty(
        "listeners",
        "PLAINTEXT://localhost:%d,CONTROLLER://localhost:%d".formatted(clientPort, controllerPort));
    properties.setProperty("advertised.listeners", "PLAINTEXT://localhost:" + clientPort);
    properties.setProperty("log.dirs", folder.resolve("data").toAbsolutePath().toString());
    Path file = folder.resolve("server.properties");
    try (var out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    return file;
  }

  private static void format(Path configuration) throws BrokerStartException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    int status;
    try {
      status =
          StorageTool.execute(
              new String[] {
                "format",
                "--config",
                configuration.toString(),
                "--cluster-id",
                Uuid.randomUuid().toString()
              },
              new PrintStream(output, true, StandardCharsets.UTF_8));
    } catch (RuntimeException e) {
      throw new BrokerStartException(
          "Kafka's storage could not be formatted: " + e.getMessage(), e);
    }
    if (status != 0) {
      throw new BrokerStartException(
          "Kafka's storage could not be formatted: "
              + output.toString(StandardCharsets.UTF_8).strip());
    }
  }

  private void awaitReady() throws BrokerStartException, InterruptedException {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    try (Admin admin = new KafkaClients(KafkaSettings.local(bootstrapServers)).admin()) {
      while (true) {
        try {
          admin.describeCluster().nodes().get();
          return;
        } catch (ExecutionException | KafkaException e) {
          if (process.hasGivenUp()) {
            throw new BrokerStartException(
                "Kafka has ended at once; its log %s says: %s"
                    .formatted(process.log(), lastLine(process.log())));
          }
          if (System.nanoTime() > deadline) {
            throw new BrokerStartException(
                "Kafka does not answer after %d s; see %s"
                    .formatted(START_LIMIT.toSeconds(), process.log()),
                e);
          }
          Thread.sleep(200);
        }
      }
    }
  }

  private static String lastLine(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return lines.isEmpty() ? "nothing" : lines.get(lines.size() - 1);
    } catch (IOException e) {
      return "nothing that can be read (" + e.getMessage() + ")";
    }
  }

  /** host:port for clients. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** The process id of the present node. */
  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return !process.hasGivenUp();
  }

  /** Stops the node in order; its data stays. */
  @Override
  public void close() {
    aftercare.close();
    process.stop();
    process.awaitEnd(STOP_LIMIT);
  }
}
