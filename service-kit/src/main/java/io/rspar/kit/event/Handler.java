package io.rspar.kit.event;

import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;

/**
 * What an {@link EventLoop} does with records. Methods are called on its worker thread unless they
 * say otherwise.
 */
interface Handler {
  /** How the group divides the partitions. */
  enum Sharing {
    /**
     * Records are independent: partitions stay where they are as far as possible, and one that has
     * to move waits for the running job.
     */
    INDEPENDENT(CooperativeStickyAssignor.class),
    /**
     * State spans equal partitions of all topics: they belong to the same member. Every rebalance
     * takes all partitions and gives most of them back.
     */
    CO_PARTITIONED(RangeAssignor.class);

    private final Class<? extends ConsumerPartitionAssignor> assignor;

    Sharing(Class<? extends ConsumerPartitionAssignor> assignor) {
      this.assignor = assignor;
    }

    Class<? extends ConsumerPartitionAssignor> assignor() {
      return assignor;
    }
  }

  Sharing sharing();

  /**
   * Works on a record. Failures of the work are part of the outcome.
   *
   * @throws org.apache.kafka.common.KafkaException if the brokers fail: the record comes again
   */
  Outcome handle(Job job) throws InterruptedException;

  /** Whether nobody waits for a running job's result. Called on the poll thread. */
  boolean isUnwanted(Job job);

  /** Forgets what belongs to partitions other than these. */
  void retain(Set<Integer> partitions);

  /** Called now and then while no job runs. */
  default void idle() {}
}
