package io.rspar.dashboard.pipeline;

import io.rspar.kit.lag.GroupState;
import java.time.Instant;
import java.util.List;

/** Who works and what waits, at one moment. */
public record Pipeline(Instant at, List<Group> groups) {

  /**
   * A consumer group: all instances of a service, of evaluators those of one device class.
   *
   * @param service sensitivity, search, pruner or eval
   * @param state as Kafka names it; NONE if no instance has ever joined
   * @param perMinute records done per minute, over the last minute that was looked at
   */
  public record Group(
      String service,
      String name,
      String state,
      List<GroupState.Member> instances,
      List<TopicLag> topics,
      long lag,
      double perMinute) {}

  /** What a group has not done of a topic (records). */
  public record TopicLag(String topic, long lag) {}
}
