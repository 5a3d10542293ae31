package io.rspar.kit.event;

import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * A service's instances on a {@link SimulatedLog}, each with a real handler. It follows the
 * protocol of {@link EventLoop}: mark the delivery, work, publish and commit in one transaction,
 * remember; and it can die before and after each of these.
 */
final class SimulatedGroup {
  /** One instance of the service. */
  private final class Member {
    private Handler handler = handlers.get();
    private int generation;
    private Job job;
    private Outcome outcome;

    /** A new process, or a member that was shut out: nothing that was in memory is left. */
    void restart() {
      handler = handlers.get();
      generation = present;
      job = null;
      outcome = null;
    }
  }

  private final Service service;
  private final SimulatedLog log;
  private final Supplier<Handler> handlers;
  private final Random random;
  private final List<Member> members = new ArrayList<>();

  /** Owner of each partition number: partitions of all inputs with this number belong to it. */
  private final Map<Integer, Member> owners = new HashMap<>();

  private int present;

  SimulatedGroup(
      Service service, int size, SimulatedLog log, Supplier<Handler> handlers, Random random) {
    this.service = service;
    this.log = log;
    this.handlers = handlers;
    this.random = random;
    for (int i = 0; i < size; i++) {
      members.add(new Member());
    }
    rebalance();
  }

  boolean isIdle() {
    return members.stream().allMatch(m -> m.job == null)
        && service.inputs().stream().allMatch(t -> log.pending(service.group(), t).isEmpty());
  }

  /** Something that the service would do next: take a record, or settle one that it works on. */
  void step() throws InterruptedException {
    Member member = pick(members);
    if (member.job != null) {
      settle(member, false);
      return;
    }
    List<TopicPartition> mine = new ArrayList<>();
    for (Topic topic : service.inputs()) {
      log.pending(service.group(), topic).stream()
          .filter(p -> owners.get(p.partition()) == member)
          .forEach(mine::add);
    }
    if (!mine.isEmpty()) {
      take(member, pick(mine));
    }
  }

  private void take(Member member, TopicPartition partition) throws InterruptedException {
    OffsetAndMetadata committed = log.committed(service.group(), partition);
    ConsumerRecord<byte[], byte[]> record = log.records(partition).get((int) committed.offset());
    int delivery =
        1 + (committed.metadata().isEmpty() ? 0 : Integer.parseInt(committed.metadata()));
    log.commit(
        service.group(),
        partition,
        new OffsetAndMetadata(record.offset(), Integer.toString(delivery)));
    member.job = new Job(record, delivery, 1, Duration.ofSeconds(1));
    member.outcome = member.handler.handle(member.job);
  }

  private void settle(Member member, boolean diesAfterCommit) {
    Job job = member.job;
    Outcome outcome = member.outcome;
    member.job = null;
    member.outcome = null;
    if (member.generation != present) {
      // The group has moved on without it: the brokers refuse its transaction, and it begins anew.
      member.restart();
      return;
    }
    if (outcome.retryAfter().isPresent()) {
      return; // the record stays where it is
    }
    log.commit(
        service.group(),
        outcome.records(),
        job.partition(),
        new OffsetAndMetadata(job.record().offset() + 1));
    if (diesAfterCommit) {
      member.restart();
    } else {
      outcome.afterCommit().run();
    }
  }

  /** Kills an instance, at whatever it is: idle, before its transaction, or right after it. */
  void crash() {
    Member member = pick(members);
    if (member.job != null && random.nextBoolean()) {
      settle(member, true);
    } else {
      member.restart();
    }
  }

  /**
   * Gives the partitions to members anew. A member that works on one that it loses does not hear of
   * it before it tries to publish; the others forget what they have lost.
   */
  void rebalance() {
    present++;
    for (int partition = 0; partition < Topic.PARTITIONS; partition++) {
      owners.put(partition, pick(members));
    }
    for (Member member : members) {
      Set<Integer> owned =
          IntStream.range(0, Topic.PARTITIONS)
              .filter(p -> owners.get(p) == member)
              .boxed()
              .collect(Collectors.toSet());
      boolean shutOut = member.generation < present - 1;
      if (member.job != null && (shutOut || !owned.contains(member.job.record().partition()))) {
        continue;
      }
      if (shutOut) {
        member.restart();
      }
      member.generation = present;
      member.handler.retain(owned);
    }
  }

  /** Moves a committed offset back, as an operator may while the service is down. */
  void rewind() {
    Topic topic = pick(service.inputs());
    List<TopicPartition> read =
        IntStream.range(0, topic.partitions())
            .mapToObj(p -> new TopicPartition(topic.topicName(), p))
            .filter(p -> log.committed(service.group(), p).offset() > 0)
            .toList();
    if (!read.isEmpty()) {
      members.forEach(Member::restart);
      TopicPartition partition = pick(read);
      long offset = log.committed(service.group(), partition).offset();
      log.commit(
          service.group(),
          partition,
          new OffsetAndMetadata(random.nextInt(Math.toIntExact(offset))));
    }
  }

  private <T> T pick(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
