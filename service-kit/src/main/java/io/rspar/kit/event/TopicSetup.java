package io.rspar.kit.event;

import io.rspar.events.topic.Topic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes the broker's topics agree with the catalogue. */
public final class TopicSetup {
  private TopicSetup() {}

  /**
   * Creates the topics of the catalogue and their dead-letter topics where they are missing, and
   * checks the partitions of those that exist and may be seen. Safe to run from several processes
   * at once.
   *
   * @param replicationFactor copies of each topic created; −1 leaves it to the broker's default
   * @throws TopicMismatchException if a topic exists with another number of partitions: the state
   *     of requests relies on equal numbers
   * @throws KafkaException if the broker cannot be reached or refuses
   */
  public static void ensure(Admin admin, short replicationFactor) {
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
    List<NewTopic> missing = new ArrayList<>();
    admin
        .describeTopics(wanted.keySet())
        .topicNameValues()
        .forEach(
            (name, description) -> {
              if (!exists(description, wanted.get(name))) {
                missing.add(wanted.get(name));
              }
            });
    admin.createTopics(missing).values().forEach((name, created) -> awaitCreated(created));
  }

  private static Optional<Short> replication(short factor) {
    return factor < 0 ? Optional.empty() : Optional.of(factor);
  }

  private static boolean exists(KafkaFuture<TopicDescription> description, NewTopic wanted) {
    try {
      int partitions = get(description).partitions().size();
      if (partitions != wanted.numPartitions()) {
        throw new TopicMismatchException(wanted.name(), partitions, wanted.numPartitions());
      }
      return true;
    } catch (UnknownTopicOrPartitionException e) {
      return false;
    } catch (TopicAuthorizationException e) {
      // A principal that may do no more than its work sees only its own topics; whoever set up its
      // permissions has set up the topics.
      return true;
    }
  }

  private static void awaitCreated(KafkaFuture<Void> created) {
    try {
      get(created);
    } catch (TopicExistsException e) {
      // Another process was faster: that is what we wanted.
    }
  }

  private static <T> T get(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
