package io.rspar.kit.event;

import io.rspar.kit.backend.Backend;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.testcontainers.kafka.KafkaContainer;

/**
 * Kafka in a container. It takes long to start, so one serves all tests of this process; each finds
 * it empty.
 */
final class ContainerBroker implements TestBroker {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static KafkaContainer container;

  private ContainerBroker() {}

  static synchronized ContainerBroker start() throws IOException {
    if (container == null) {
      container =
          new KafkaContainer(Backend.kafkaImage())
              .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
              .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
              .withStartupTimeout(START_LIMIT);
      container.start();
      Runtime.getRuntime().addShutdownHook(new Thread(container::stop));
    }
    clear();
    return new ContainerBroker();
  }

  private static void clear() throws IOException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", container.getBootstrapServers()))) {
      Set<String> groups =
          admin.listGroups().all().get().stream()
              .map(GroupListing::groupId)
              .collect(Collectors.toSet());
      // A member that left without a word is in its group until its session ends.
      for (String group : groups) {
        while (!isDeleted(admin, group)) {
          Thread.sleep(500);
        }
      }
      admin.deleteTopics(admin.listTopics().names().get()).all().get();
      while (!admin.listTopics().names().get().isEmpty()) {
        Thread.sleep(100);
      }
    } catch (ExecutionException e) {
      throw new IOException("The broker could not be cleared", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static boolean isDeleted(Admin admin, String group) throws InterruptedException {
    try {
      admin.deleteConsumerGroups(Set.of(group)).all().get();
      return true;
    } catch (ExecutionException e) {
      return !(e.getCause() instanceof org.apache.kafka.common.errors.GroupNotEmptyException);
    }
  }

  @Override
  public String bootstrapServers() {
    return container.getBootstrapServers();
  }

  /** It serves the next test. */
  @Override
  public void close() {}
}
