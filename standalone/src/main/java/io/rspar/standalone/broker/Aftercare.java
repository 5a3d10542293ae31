package io.rspar.standalone.broker;

import io.rspar.kit.event.HangingTransactions;
import io.rspar.kit.event.HangingTransactions.Hanging;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import java.time.Duration;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after a node that was started on data of an earlier one, which may have been killed: ends
 * the transactions that were left open for good.
 */
final class Aftercare implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Aftercare.class);

  /** Longer than transactions may be open and brokers take to settle what they know of. */
  private static final Duration FOR = Duration.ofMinutes(2);

  private static final Duration EVERY = Duration.ofSeconds(5);

  /** What is younger may still be under way. */
  private static final Duration AGE = Duration.ofSeconds(10);

  private final String bootstrapServers;
  private Thread looking;

  Aftercare(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
  }

  /** Looks for as long as a killed node's transactions may hang; again, where it is at it. */
  synchronized void begin() {
    close();
    looking = new Thread(this::look, "rspar-broker-aftercare");
    looking.setDaemon(true);
    looking.start();
  }

  /** Looks no longer: the node is stopped in order. */
  @Override
  public synchronized void close() {
    if (looking != null) {
      looking.interrupt();
    }
  }

  private void look() {
    long end = System.nanoTime() + FOR.toNanos();
    try (Admin admin = new KafkaClients(KafkaSettings.local(bootstrapServers)).admin()) {
      while (System.nanoTime() < end) {
        Thread.sleep(EVERY.toMillis());
        try {
          for (Hanging hanging : HangingTransactions.find(admin, AGE)) {
            HangingTransactions.abort(admin, hanging);
            LOG.warn("Ended a transaction that a killed broker left open: {}", hanging);
          }
        } catch (KafkaException e) {
          LOG.debug("The broker does not answer yet", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
