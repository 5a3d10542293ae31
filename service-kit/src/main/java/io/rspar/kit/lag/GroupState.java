package io.rspar.kit.lag;

import io.rspar.kit.service.Service;
import java.util.List;
import java.util.Map;

/**
 * A consumer group at one moment: all instances of a service, of evaluators those of one device
 * class.
 *
 * <p>Lag is what is not <em>committed</em>. A consumer's own lag metric says how far its fetches
 * are; a record that a running job holds is fetched but not done, so it counts here and not there.
 *
 * @param state as Kafka names it; NONE if no instance has ever joined
 * @param lag records that are not committed, by topic
 * @param committed sum of the committed offsets over all partitions: its growth is the throughput
 */
public record GroupState(
    Service service,
    String group,
    String state,
    List<Member> members,
    Map<String, Long> lag,
    long committed) {

  /** One running instance and how many partitions it has. */
  public record Member(String clientId, String host, int partitions) {}

  public GroupState {
    members = List.copyOf(members);
    lag = Map.copyOf(lag);
  }

  public long totalLag() {
    return lag.values().stream().mapToLong(Long::longValue).sum();
  }
}
