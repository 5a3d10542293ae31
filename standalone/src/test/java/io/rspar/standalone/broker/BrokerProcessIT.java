package io.rspar.standalone.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.topic.Topic;
import io.rspar.kit.event.HangingTransactions;
import io.rspar.kit.event.HangingTransactions.Hanging;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.TopicSetup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 8, unit = TimeUnit.MINUTES)
class BrokerProcessIT {
  @TempDir Path folder;

  @Test
  void topicsOutliveARestartOfTheBroker() throws Exception {
    Path data = folder.resolve("kafka");
    Path log = folder.resolve("kafka.log");
    String clusterId;
    try (BrokerProcess broker = BrokerProcess.start(data, log);
        Admin admin = admin(broker)) {
      clusterId = admin.describeCluster().clusterId().get();
      TopicSetup.ensure(admin, (short) 1);
      TopicSetup.ensure(admin, (short) 1);
      assertThat(names(admin)).contains("pruning-requests", "pruning-requests-dlq");
    }
    // An orderly stop leaves no lock and no half-written log behind.
    try (BrokerProcess broker = BrokerProcess.start(data, log);
        Admin admin = admin(broker)) {
      assertThat(admin.describeCluster().clusterId().get()).isEqualTo(clusterId);
      assertThat(names(admin)).hasSize(2 * Topic.values().length);
    }
    assertThat(Files.readString(log)).doesNotContain("ERROR");
  }

  /**
   * A node that is killed while it commits can lose the end of a transaction; here its whole memory
   * of transactions is lost. Readers of committed records would wait for ever.
   */
  @Test
  void whatAKilledBrokerLeftOpenIsEnded() throws Exception {
    Path data = folder.resolve("kafka");
    Path log = folder.resolve("kafka.log");
    TopicPartition partition = new TopicPartition(Topic.PRUNING_REQUESTS.topicName(), 0);
    try (BrokerProcess broker = BrokerProcess.start(data, log);
        Admin admin = admin(broker)) {
      TopicSetup.ensure(admin, (short) 1);
      KafkaProducer<byte[], byte[]> producer = begin(broker, partition);
      assertThat(HangingTransactions.find(admin, Duration.ZERO)).isEmpty();
      ProcessHandle node = ProcessHandle.of(broker.pid()).orElseThrow();
      node.destroyForcibly();
      node.onExit().get();
      producer.close(Duration.ZERO);
    }
    forgetTransactions(data.resolve("data"));
    try (BrokerProcess broker = BrokerProcess.start(data, log);
        Admin admin = admin(broker);
        KafkaConsumer<byte[], byte[]> reader = clients(broker).reader()) {
      List<Hanging> hanging = HangingTransactions.find(admin, Duration.ZERO);
      assertThat(hanging).extracting(Hanging::partition).containsExactly(partition);
      assertThat(hanging.get(0).startOffset()).isZero();
      assertThat(readable(reader, partition)).isZero();

      long deadline = System.nanoTime() + Duration.ofSeconds(100).toNanos();
      while (readable(reader, partition) == 0) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(200);
      }
      // The record and its end; to a reader it does not exist.
      assertThat(readable(reader, partition)).isEqualTo(2);
      assertThat(HangingTransactions.find(admin, Duration.ZERO)).isEmpty();
    }
  }

  private static KafkaProducer<byte[], byte[]> begin(BrokerProcess broker, TopicPartition partition)
      throws Exception {
    KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", "test"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    producer.beginTransaction();
    producer
        .send(new ProducerRecord<>(partition.topic(), partition.partition(), null, new byte[1]))
        .get();
    return producer;
  }

  private static void forgetTransactions(Path data) throws Exception {
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(data, "__transaction_state-*")) {
      for (Path partition : logs) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(partition)) {
          for (Path file : files) {
            Files.delete(file);
          }
        }
        Files.delete(partition);
      }
    }
  }

  /** Up to where committed records can be read. */
  private static long readable(KafkaConsumer<byte[], byte[]> reader, TopicPartition partition) {
    return reader.endOffsets(Set.of(partition)).get(partition);
  }

  @Test
  void aBrokerThatCannotStartSaysWhere() throws Exception {
    Path data = folder.resolve("kafka");
    Files.createDirectories(data);
    Files.writeString(data.resolve("data"), "in the way");
    assertThatThrownBy(() -> BrokerProcess.start(data, folder.resolve("kafka.log")))
        .isInstanceOf(BrokerStartException.class);
  }

  private static Admin admin(BrokerProcess broker) {
    return clients(broker).admin();
  }

  private static KafkaClients clients(BrokerProcess broker) {
    return new KafkaClients(KafkaSettings.local(broker.bootstrapServers()));
  }

  private static Set<String> names(Admin admin) throws Exception {
    return admin.listTopics().names().get();
  }
}
