package io.rspar.kit.lag;

import static io.rspar.kit.event.KafkaFutures.get;

import io.rspar.kit.service.Service;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/** Asks the brokers about the services' consumer groups. */
public final class ConsumerGroups {
  private ConsumerGroups() {}

  /**
   * All groups of the services; of a service that nobody has ever run, the group it would have. In
   * the order of the services.
   *
   * @throws KafkaException if the brokers do not answer
   */
  public static List<GroupState> of(Admin admin) {
    Map<String, Service> services = services(admin);
    Map<String, List<TopicPartition>> partitions = new TreeMap<>();
    services.forEach((group, service) -> partitions.put(group, partitions(service)));
    List<TopicPartition> all =
        partitions.values().stream().flatMap(Collection::stream).distinct().toList();
    // Asked for together, so that one round trip of waiting answers all.
    var earliest = admin.listOffsets(offsets(all, OffsetSpec.earliest())).all();
    var latest = admin.listOffsets(offsets(all, OffsetSpec.latest())).all();
    var committed =
        admin
            .listConsumerGroupOffsets(
                services.keySet().stream()
                    .collect(Collectors.toMap(g -> g, g -> new ListConsumerGroupOffsetsSpec())))
            .all();
    Map<String, ConsumerGroupDescription> described = described(admin, services.keySet());
    Map<TopicPartition, ListOffsetsResultInfo> begins = get(earliest);
    Map<TopicPartition, ListOffsetsResultInfo> ends = get(latest);
    Map<String, Map<TopicPartition, OffsetAndMetadata>> marks = get(committed);
    return partitions.entrySet().stream()
        .map(
            e ->
                state(
                    services.get(e.getKey()),
                    e.getKey(),
                    described.get(e.getKey()),
                    e.getValue(),
                    marks.get(e.getKey()),
                    begins,
                    ends))
        .sorted(Comparator.comparing(GroupState::service).thenComparing(GroupState::group))
        .toList();
  }

  private static Map<String, Service> services(Admin admin) {
    Map<String, Service> groups = new HashMap<>();
    for (GroupListing found : get(admin.listGroups(ListGroupsOptions.forConsumerGroups()).all())) {
      for (Service service : Service.values()) {
        String group = found.groupId();
        if (group.equals(service.group()) || group.startsWith(service.group() + "-")) {
          groups.put(group, service);
        }
      }
    }
    Arrays.stream(Service.values())
        .filter(service -> !groups.containsValue(service))
        .forEach(service -> groups.put(service.group(), service));
    return groups;
  }

  private static List<TopicPartition> partitions(Service service) {
    return service.inputs().stream()
        .flatMap(
            topic ->
                IntStream.range(0, topic.partitions())
                    .mapToObj(p -> new TopicPartition(topic.topicName(), p)))
        .toList();
  }

  private static Map<String, ConsumerGroupDescription> described(
      Admin admin, Collection<String> groups) {
    Map<String, ConsumerGroupDescription> found = new HashMap<>();
    admin
        .describeConsumerGroups(groups)
        .describedGroups()
        .forEach(
            (group, description) -> {
              try {
                found.put(group, description.get());
              } catch (ExecutionException e) {
                // Nobody has joined it yet.
              } catch (InterruptedException e) {
                throw new InterruptException(e);
              }
            });
    return found;
  }

  private static GroupState state(
      Service service,
      String group,
      ConsumerGroupDescription description,
      List<TopicPartition> partitions,
      Map<TopicPartition, OffsetAndMetadata> marks,
      Map<TopicPartition, ListOffsetsResultInfo> begins,
      Map<TopicPartition, ListOffsetsResultInfo> ends) {
    Map<String, Long> lag = new HashMap<>();
    long committed = 0;
    for (TopicPartition partition : partitions) {
      OffsetAndMetadata mark = marks.get(partition);
      long begin = begins.get(partition).offset();
      long at = mark == null ? begin : Math.max(begin, mark.offset());
      committed += mark == null ? 0 : mark.offset();
      lag.merge(partition.topic(), Math.max(0, ends.get(partition).offset() - at), Long::sum);
    }
    return new GroupState(
        service,
        group,
        description == null ? "NONE" : description.groupState().name(),
        description == null ? List.of() : members(description),
        lag,
        committed);
  }

  private static List<GroupState.Member> members(ConsumerGroupDescription description) {
    return description.members().stream()
        .map(
            m ->
                new GroupState.Member(
                    m.clientId(),
                    m.host().replaceFirst("^/", ""),
                    m.assignment().topicPartitions().size()))
        .sorted(Comparator.comparing(GroupState.Member::clientId))
        .toList();
  }

  private static Map<TopicPartition, OffsetSpec> offsets(
      List<TopicPartition> partitions, OffsetSpec spec) {
    return partitions.stream().collect(Collectors.toMap(p -> p, p -> spec));
  }
}
