package io.rspar.kit.backend;

import java.io.IOException;
import java.net.ServerSocket;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.utility.DockerImageName;

/**
 * What the tests run against: the same servers, in containers where a container engine is present,
 * in this process or beside it otherwise. {@code -Drspar.backend=containers} or {@code embedded}
 * decides it.
 */
public enum Backend {
  EMBEDDED,
  CONTAINERS;

  private static final Backend CURRENT = choose();

  /** The one of this run; the log says which. */
  public static Backend current() {
    return CURRENT;
  }

  private static Backend choose() {
    String asked = System.getProperty("rspar.backend", "");
    Backend backend =
        switch (asked) {
          case "containers" -> CONTAINERS;
          case "embedded" -> EMBEDDED;
          case "" -> DockerClientFactory.instance().isDockerAvailable() ? CONTAINERS : EMBEDDED;
          default -> throw new IllegalArgumentException("rspar.backend is " + asked);
        };
    System.out.printf(
        "Broker, object store and schema registry of these tests: %s%n",
        backend == CONTAINERS
            ? "in containers, %s, %s and %s".formatted(kafkaImage(), s3Image(), registryImage())
            : "without containers");
    return backend;
  }

  /** Kafka's image, or another of the same interface. */
  public static DockerImageName kafkaImage() {
    return DockerImageName.parse(System.getProperty("rspar.kafka.image", "apache/kafka:4.3.1"))
        .asCompatibleSubstituteFor("apache/kafka");
  }

  /** S3Proxy's image, or another of the same interface. */
  public static DockerImageName s3Image() {
    return DockerImageName.parse(System.getProperty("rspar.s3.image", "andrewgaul/s3proxy:4.1.0"));
  }

  /** Apicurio Registry's image, or another of the same interface. */
  public static DockerImageName registryImage() {
    return DockerImageName.parse(
        System.getProperty("rspar.registry.image", "apicurio/apicurio-registry:3.3.3"));
  }

  /** A port of this machine for a server that is not in a container. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
