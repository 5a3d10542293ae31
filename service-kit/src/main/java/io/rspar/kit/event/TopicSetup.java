package io.rspar.kit.event;

import static io.rspar.kit.event.KafkaFutures.get;

import io.rspar.events.topic.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the broker's topics agree with the catalogue, and says where they do not. */
public final class TopicSetup {
  private static final Logger LOG = LoggerFactory.getLogger(TopicSetup.class);

  /** How long changes may take to be seen. */
  private static final Duration SETTLING = Duration.ofSeconds(30);

  /** One way in which a topic differs from the catalogue. */
  public sealed interface Difference {
    /** The topic's name. */
    String topic();

    /** It does not exist. */
    record Missing(String topic) implements Difference {}

    /** It has another number of partitions: the state of requests relies on equal numbers. */
    record Partitions(String topic, int present, int wanted) implements Difference {}

    /** A setting has another value. */
    record Setting(String topic, String name, String present, String wanted) implements Difference {
      /** Whether events would be lost or refused; other differences are the operator's choice. */
      public boolean isHarmful() {
        return switch (name) {
          case "cleanup.policy" -> true;
          case "max.message.bytes" -> Long.parseLong(present) < Long.parseLong(wanted);
          default -> false;
        };
      }
    }
  }

  private TopicSetup() {}

  /**
   * Creates the topics of the catalogue and their dead-letter topics where they are missing, and
   * checks those that exist and may be seen. Safe to run from several processes at once.
   *
   * @param replicationFactor copies of each topic created; −1 leaves it to the broker's default
   * @throws TopicMismatchException if a topic exists that would lose or refuse events, or has
   *     another number of partitions
   * @throws KafkaException if the broker cannot be reached or refuses
   */
  public static void ensure(Admin admin, short replicationFactor) {
    for (Difference difference : differences(admin)) {
      if (difference instanceof Difference.Partitions partitions) {
        throw TopicMismatchException.of(partitions);
      }
      if (difference instanceof Difference.Setting setting) {
        if (setting.isHarmful()) {
          throw TopicMismatchException.of(setting);
        }
        LOG.info(
            "Topic {} has {}={}, the catalogue {}",
            setting.topic(),
            setting.name(),
            setting.present(),
            setting.wanted());
      }
    }
    create(admin, replicationFactor);
  }

  /**
   * Creates what is missing and sets what differs; numbers of partitions stay as they are.
   *
   * @return the differences that are left
   */
  public static List<Difference> apply(Admin admin, short replicationFactor) {
    Map<ConfigResource, List<AlterConfigOp>> changes = new LinkedHashMap<>();
    for (Difference difference : differences(admin)) {
      if (difference instanceof Difference.Setting setting) {
        changes
            .computeIfAbsent(resource(setting.topic()), r -> new ArrayList<>())
            .add(
                new AlterConfigOp(
                    new ConfigEntry(setting.name(), setting.wanted()), AlterConfigOp.OpType.SET));
      }
    }
    create(admin, replicationFactor);
    get(admin.incrementalAlterConfigs(Map.copyOf(changes)).all());
    // A broker takes a moment to see what its controller has written.
    List<Difference> left = differences(admin);
    long deadline = System.nanoTime() + SETTLING.toNanos();
    while (System.nanoTime() < deadline
        && !left.stream().allMatch(Difference.Partitions.class::isInstance)) {
      left = differences(admin);
    }
    return left;
  }

  /** Where the broker's topics differ from the catalogue, in its order. */
  public static List<Difference> differences(Admin admin) {
    Map<String, NewTopic> wanted = catalogue((short) -1);
    List<Difference> differences = new ArrayList<>();
    List<String> present = new ArrayList<>();
    admin
        .describeTopics(wanted.keySet())
        .topicNameValues()
        .forEach(
            (name, description) -> {
              int expected = wanted.get(name).numPartitions();
              Sight sight = look(description);
              if (!sight.exists()) {
                differences.add(new Difference.Missing(name));
              }
              sight
                  .partitions()
                  .ifPresent(
                      partitions -> {
                        present.add(name);
                        if (partitions != expected) {
                          differences.add(new Difference.Partitions(name, partitions, expected));
                        }
                      });
            });
    differences.addAll(settings(admin, present, wanted));
    List<String> order = List.copyOf(wanted.keySet());
    return differences.stream()
        .sorted(Comparator.comparingInt(d -> order.indexOf(d.topic())))
        .toList();
  }

  private static List<Difference> settings(
      Admin admin, List<String> present, Map<String, NewTopic> wanted) {
    Map<ConfigResource, Config> configurations;
    try {
      configurations =
          get(admin.describeConfigs(present.stream().map(TopicSetup::resource).toList()).all());
    } catch (AuthorizationException e) {
      LOG.info("The topics' settings may not be read and stay unchecked: {}", e.getMessage());
      return List.of();
    }
    List<Difference> differences = new ArrayList<>();
    for (String name : present) {
      Config configuration = configurations.get(resource(name));
      wanted
          .get(name)
          .configs()
          .forEach(
              (setting, value) -> {
                String now = configuration.get(setting).value();
                if (!now.equals(value)) {
                  differences.add(new Difference.Setting(name, setting, now, value));
                }
              });
    }
    return differences;
  }

  private static Map<String, NewTopic> catalogue(short replicationFactor) {
    Map<String, NewTopic> wanted = new LinkedHashMap<>();
    for (Topic topic : Topic.values()) {
      wanted.put(
          topic.topicName(),
          new NewTopic(
                  topic.topicName(),
                  Optional.of(topic.partitions()),
                  replication(replicationFactor))
              .configs(topic.configuration()));
      wanted.put(
          topic.deadLetterName(),
          new NewTopic(topic.deadLetterName(), Optional.of(1), replication(replicationFactor))
              .configs(topic.deadLetterConfiguration()));
    }
    return wanted;
  }

  private static void create(Admin admin, short replicationFactor) {
    Map<String, NewTopic> wanted = catalogue(replicationFactor);
    List<NewTopic> missing = new ArrayList<>();
    admin
        .describeTopics(wanted.keySet())
        .topicNameValues()
        .forEach(
            (name, description) -> {
              if (!look(description).exists()) {
                missing.add(wanted.get(name));
              }
            });
    admin.createTopics(missing).values().forEach((name, created) -> awaitCreated(created));
  }

  private static Optional<Short> replication(short factor) {
    return factor < 0 ? Optional.empty() : Optional.of(factor);
  }

  private static ConfigResource resource(String topic) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic);
  }

  /**
   * What can be seen of a topic.
   *
   * @param partitions empty where it does not exist or may not be seen
   */
  private record Sight(boolean exists, OptionalInt partitions) {}

  private static Sight look(KafkaFuture<TopicDescription> description) {
    try {
      return new Sight(true, OptionalInt.of(get(description).partitions().size()));
    } catch (UnknownTopicOrPartitionException e) {
      return new Sight(false, OptionalInt.empty());
    } catch (TopicAuthorizationException e) {
      // A principal that may do no more than its work sees only its own topics; whoever set up its
      // permissions has set up the topics.
      return new Sight(true, OptionalInt.empty());
    }
  }

  private static void awaitCreated(KafkaFuture<Void> created) {
    try {
      get(created);
    } catch (TopicExistsException e) {
      // Another process was faster: that is what we wanted.
    }
  }
}
