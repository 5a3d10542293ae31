package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequested;
import io.rspar.events.topic.Topic;
import io.rspar.kit.backend.SchemaRegistry;
import io.rspar.kit.event.KafkaClients;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.event.TopicContent;
import io.rspar.standalone.broker.BrokerProcess;
import io.rspar.standalone.supervisor.Application;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Services and commands whose events have their schemas in a registry: the documentation's
 * commands, with the packaged application, a real broker and a real registry.
 */
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class SchemaRegistryIT {
  static final String OPTION = "--schema-registry";

  private static final Path MODULE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath();

  @TempDir Path folder;

  @Test
  void aRequestIsServed() throws Exception {
    System.setProperty(Application.LOCATION, MODULE.resolve("target/quarkus-app").toString());
    System.setProperty("rspar.work", folder.resolve("work").toString());
    try (SchemaRegistry registry = SchemaRegistry.start(folder);
        BrokerProcess broker =
            BrokerProcess.start(folder.resolve("broker"), folder.resolve("broker.log"))) {
      Map<String, String> replacements = new HashMap<>();
      replacements.put("http://registry:8080/apis/registry/v3", registry.url());
      replacements.put("BROKERS", broker.bootstrapServers());
      replacements.put("/mnt/rspar", folder.resolve("artifacts").toString());
      replacements.put("request.yaml", SmallRequest.in(folder).toString());
      try (InterruptedCommand services =
          new InterruptedCommand(folder, documented("services", replacements))) {
        services.awaits("started (eval-1)");
        CommandRun run = CommandRun.of(documented("submit", replacements));
        assertThat(run.status()).as(run.out() + run.err()).isZero();
        assertThat(services.interrupted()).isTrue();
      }
      assertThat(firstBytes(broker, Topic.PRUNING_RESULTS)).hasSize(1).containsOnly((byte) 0);
      assertThat(subjects(registry))
          .contains(PruningRequested.class.getName(), PruningCompleted.class.getName());
    } finally {
      System.clearProperty(Application.LOCATION);
      System.clearProperty("rspar.work");
    }
  }

  private static List<String> documented(String name, Map<String, String> replacements)
      throws Exception {
    List<List<String>> commands =
        DocumentedCommand.of(List.of(name), replacements).stream()
            .filter(command -> command.contains(OPTION))
            .toList();
    assertThat(commands).as(name).hasSize(1);
    return commands.get(0);
  }

  /** Zero where a schema's id follows, as Confluent's deserialisers expect it. */
  private static List<Byte> firstBytes(BrokerProcess broker, Topic topic) {
    List<Byte> bytes = new ArrayList<>();
    KafkaClients clients = new KafkaClients(KafkaSettings.local(broker.bootstrapServers()));
    try (KafkaConsumer<byte[], byte[]> reader = clients.reader()) {
      TopicContent.read(reader, topic.topicName(), record -> bytes.add(record.value()[0]));
    }
    return bytes;
  }

  /** Which schemas a client of Confluent's finds there. */
  private static List<String> subjects(SchemaRegistry registry) throws Exception {
    List<String> found = new ArrayList<>();
    registry.confluent("/subjects").forEach(name -> found.add(name.textValue()));
    return found;
  }
}
