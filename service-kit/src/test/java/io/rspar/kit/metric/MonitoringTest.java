package io.rspar.kit.metric;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Dashboards and alert rules name metrics that exist. */
class MonitoringTest {
  private static final Path MONITORING =
      Path.of(System.getProperty("basedir", "."), "../monitoring").normalize();

  private static final Pattern NAME =
      Pattern.compile("\\b(?:rspar|kafka_consumer|kafka_producer|jvm)_[a-z0-9_]+");

  /** Exported by Quarkus and by Prometheus itself. */
  private static final Set<String> FOREIGN = Set.of("jvm_memory_used_bytes");

  @Test
  void everyMetricOfADashboardOrRuleIsExported() throws Exception {
    Set<String> exported = new HashSet<>(FOREIGN);
    exported.addAll(names(catalogue()));
    exported.addAll(names(kafkaClients()));
    Set<String> missing = new HashSet<>();
    for (String expression : expressions()) {
      names(expression).stream().filter(name -> !exported.contains(name)).forEach(missing::add);
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void everyMetricOfTheCatalogueIsShown() throws Exception {
    Set<String> shown = names(String.join("\n", expressions()));
    assertThat(Metric.values())
        .allSatisfy(
            metric -> {
              String prefix = metric.meterName().replace('.', '_');
              assertThat(shown).as(metric.name()).anyMatch(name -> name.startsWith(prefix));
            });
  }

  @Test
  void everyMetricAndEveryAlertIsDocumented() throws Exception {
    String docs = Files.readString(MONITORING.resolve("../docs/monitoring.md"));
    assertThat(Metric.values())
        .allSatisfy(metric -> assertThat(docs).contains("`" + metric.meterName() + "`"));
    assertThat(rules().findValuesAsText("alert"))
        .isNotEmpty()
        .allSatisfy(alert -> assertThat(docs).contains("`" + alert + "`"));
  }

  @Test
  void prometheusAcceptsTheRulesAndTheyFireWhenTheyShould() throws Exception {
    Path promtool =
        Arrays.stream(System.getenv("PATH").split(":"))
            .map(folder -> Path.of(folder, "promtool"))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    Assumptions.assumeTrue(promtool != null, "no promtool: install prometheus");
    Path folder = MONITORING.resolve("prometheus");
    assertSucceeds(folder, promtool.toString(), "check", "rules", "rules.yml");
    assertSucceeds(folder, promtool.toString(), "check", "config", "prometheus.yml");
    assertSucceeds(folder, promtool.toString(), "test", "rules", "rules_test.yml");
  }

  private static void assertSucceeds(Path folder, String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
  }

  /** Every metric of the catalogue, as the real registry names it. */
  private static String catalogue() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    for (Metric metric : Metric.values()) {
      switch (metric.kind()) {
        case COUNTER -> Counter.builder(metric.meterName()).register(registry).increment();
        case TIMER -> Timer.builder(metric.meterName()).register(registry).record(Duration.ZERO);
        case SUMMARY ->
            DistributionSummary.builder(metric.meterName()).register(registry).record(1);
        case GAUGE -> {
          if (metric == Metric.NATIVE_MEMORY) {
            NativeMemory.export(registry);
          } else {
            Gauge.builder(metric.meterName(), () -> 1).register(registry);
          }
        }
      }
    }
    return registry.scrape();
  }

  /** What real clients report, without a broker. */
  private static String kafkaClients() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Metrics.addRegistry(registry);
    Map<String, Object> properties =
        Map.of(
            "bootstrap.servers", "localhost:1",
            "group.id", "test",
            "metric.reporters", KafkaClientMeters.class.getName());
    String scraped;
    try (var consumer =
            new KafkaConsumer<>(
                properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        var producer =
            new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      assertThat(consumer.metrics()).isNotEmpty();
      assertThat(producer.metrics()).isNotEmpty();
      scraped = registry.scrape();
    }
    assertThat(registry.scrape()).as("after the clients were closed").doesNotContain("kafka_");
    Metrics.removeRegistry(registry);
    return scraped;
  }

  private static List<String> expressions() throws IOException {
    List<String> expressions = new ArrayList<>();
    for (Path file : files("grafana/dashboards")) {
      JsonNode dashboard = new ObjectMapper().readTree(file.toFile());
      assertThat(dashboard.findValuesAsText("expr")).as(file.toString()).isNotEmpty();
      expressions.addAll(dashboard.findValuesAsText("expr"));
      dashboard
          .at("/templating/list")
          .forEach(variable -> expressions.add(variable.at("/query/query").textValue()));
    }
    assertThat(rules().findValuesAsText("expr")).hasSizeGreaterThan(5);
    expressions.addAll(rules().findValuesAsText("expr"));
    return expressions;
  }

  private static JsonNode rules() throws IOException {
    return new ObjectMapper(new YAMLFactory())
        .readTree(MONITORING.resolve("prometheus/rules.yml").toFile());
  }

  private static List<Path> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(MONITORING.resolve(folder))) {
      return files.toList();
    }
  }

  private static Set<String> names(String text) {
    Set<String> names = new HashSet<>();
    Matcher matcher = NAME.matcher(text);
    while (matcher.find()) {
      names.add(matcher.group());
    }
    return names;
  }
}
