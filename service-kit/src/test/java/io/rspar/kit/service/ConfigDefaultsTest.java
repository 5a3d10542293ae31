package io.rspar.kit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.kit.artifact.ArtifactConfig;
import io.rspar.kit.event.EventEncoding;
import io.rspar.kit.event.JobSettings;
import io.rspar.kit.event.KafkaSettings;
import io.rspar.kit.metric.KafkaClientMeters;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigDefaultsTest {

  private static SmallRyeConfig config(Map<String, String> properties) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(KafkaConfig.class)
        .withMapping(JobConfig.class)
        .withMapping(EventsConfig.class)
        .withMapping(ArtifactConfig.class)
        .withSources(new PropertiesConfigSource(properties, "test", 100))
        .build();
  }

  @Test
  void defaults() {
    SmallRyeConfig config = config(Map.of("rspar.artifacts.uri", "file:///artifacts/"));
    assertThat(config.getConfigMapping(KafkaConfig.class).settings())
        .isEqualTo(
            new KafkaSettings(
                "localhost:9092",
                (short) -1,
                Duration.ofMinutes(45),
                Map.of("metric.reporters", KafkaClientMeters.class.getName())));
    assertThat(config.getConfigMapping(JobConfig.class).settings()).isEqualTo(JobSettings.DEFAULT);
    assertThat(config.getConfigMapping(EventsConfig.class).encoding())
        .isEqualTo(EventEncoding.SINGLE_OBJECT);
    ArtifactConfig artifacts = config.getConfigMapping(ArtifactConfig.class);
    assertThat(artifacts.uri()).isEqualTo(URI.create("file:///artifacts/"));
    assertThat(artifacts.maxBytes()).isEqualTo(10L << 30);
    assertThat(artifacts.allowedRoots()).isEmpty();
    assertThat(artifacts.cache()).isEmpty();
    assertThat(artifacts.cacheBytes()).isEqualTo(20L << 30);
    assertThat(artifacts.s3().endpoint()).isEmpty();
    assertThat(artifacts.s3().region()).isEmpty();
    assertThat(artifacts.s3().pathStyle()).isTrue();
  }

  @Test
  void whatIsSetWins() {
    SmallRyeConfig config =
        config(
            Map.of(
                "rspar.artifacts.uri", "file:///a/",
                "rspar.artifacts.allowed-roots", "/data,s3://models/public/",
                "rspar.kafka.properties.\"security.protocol\"", "SSL",
                "rspar.events.encoding", "apicurio",
                "rspar.events.registry.\"apicurio.registry.url\"", "http://registry:8080",
                "rspar.jobs.shutdown-grace", "PT5S"));
    assertThat(config.getConfigMapping(KafkaConfig.class).settings().properties())
        .containsOnly(
            Map.entry("security.protocol", "SSL"),
            Map.entry("metric.reporters", KafkaClientMeters.class.getName()));
    assertThat(config.getConfigMapping(ArtifactConfig.class).allowedRoots())
        .contains(List.of("/data", "s3://models/public/"));
    assertThat(config.getConfigMapping(EventsConfig.class).encoding())
        .isEqualTo(EventEncoding.APICURIO);
    assertThat(config.getConfigMapping(EventsConfig.class).registry())
        .containsEntry("apicurio.registry.url", "http://registry:8080");
    assertThat(config.getConfigMapping(JobConfig.class).settings().shutdownGrace())
        .isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void secretsComeFromAFileAndAreNotShown(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("client.properties"),
            "security.protocol=SASL_SSL\nsasl.jaas.config=module required password\\=\"hush\";\n");
    KafkaSettings settings =
        config(
                Map.of(
                    "rspar.artifacts.uri", "file:///a/",
                    "rspar.kafka.config-file", file.toString(),
                    "rspar.kafka.properties.\"security.protocol\"", "SASL_PLAINTEXT"))
            .getConfigMapping(KafkaConfig.class)
            .settings();
    assertThat(settings.properties())
        .containsEntry("security.protocol", "SASL_PLAINTEXT")
        .containsEntry("sasl.jaas.config", "module required password=\"hush\";");
    assertThat(settings.toString()).contains("sasl.jaas.config").doesNotContain("hush");
    assertThatThrownBy(
            () ->
                config(
                        Map.of(
                            "rspar.artifacts.uri", "file:///a/",
                            "rspar.kafka.config-file", "/nowhere"))
                    .getConfigMapping(KafkaConfig.class)
                    .settings())
        .hasMessageContaining("rspar.kafka.config-file /nowhere cannot be read");
  }

  @Test
  void servicesAreFoundByTheirId() {
    for (Service service : Service.values()) {
      assertThat(Service.of(" " + service.id())).isEqualTo(service);
      assertThat(service.inputs()).isNotEmpty();
    }
    assertThatThrownBy(() -> Service.of("prune"))
        .hasMessageContaining("'prune' is no service; use [sensitivity, search, pruner, eval]");
  }
}
