package io.rspar.standalone.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.topic.Topic;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.TopicSetup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
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

  @Test
  void aBrokerThatCannotStartSaysWhere() throws Exception {
    Path data = folder.resolve("kafka");
    Files.createDirectories(data);
    Files.writeString(data.resolve("data"), "in the way");
    assertThatThrownBy(() -> BrokerProcess.start(data, folder.resolve("kafka.log")))
        .isInstanceOf(BrokerStartException.class);
  }

  private static Admin admin(BrokerProcess broker) {
    return new KafkaClients(KafkaSettings.local(broker.bootstrapServers())).admin();
  }

  private static Set<String> names(Admin admin) throws Exception {
    return admin.listTopics().names().get();
  }
}
