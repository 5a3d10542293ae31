package io.rspar.standalone.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The manifests name what exists. That each parses against its schema is part of {@link
 * Manifests#read}.
 */
class KubernetesTest {
  private static final Path TOPICS = Manifests.FOLDER.resolve("topics.yaml");

  @Test
  void aFieldThatNoSchemaHasIsAnError() throws IOException {
    String users = Files.readString(Manifests.FOLDER.resolve("users.yaml"));
    assertThat(Manifests.read(users)).hasOnlyElementsOfType(KafkaUser.class);
    assertThatThrownBy(() -> Manifests.read(users.replaceFirst("operations:", "operation5:")))
        .hasMessageContaining("operation5");
    String services = Files.readString(Manifests.FOLDER.resolve("services.yaml"));
    assertThatThrownBy(() -> Manifests.read(services.replaceFirst("readinessProbe", "readyProbe")))
        .hasMessageContaining("readyProbe");
    String scaling = Files.readString(Manifests.FOLDER.resolve("scaling.yaml"));
    assertThatThrownBy(() -> Manifests.read(scaling.replace("maxReplicaCount", "maxReplicas")))
        .hasMessageContaining("maxReplicas");
  }

  /** Written anew with {@code -DargLine=-Drspar.write-docs=true}. */
  @Test
  void theTopicsAreThoseOfTheCatalogue() throws IOException {
    String expected = topics();
    if (Boolean.getBoolean("rspar.write-docs")) {
      Files.writeString(TOPICS, expected);
    }
    assertThat(Files.readString(TOPICS)).isEqualTo(expected);
    assertThat(Manifests.of(KafkaTopic.class)).hasSize(2 * Topic.values().length);
  }

  private static String topics() {
    StringBuilder yaml = new StringBuilder();
    yaml.append("# Made from the catalogue of topics; the test KubernetesTest writes it.\n");
    for (Topic topic : Topic.values()) {
      append(yaml, topic.topicName(), topic.partitions(), topic.configuration());
      append(yaml, topic.deadLetterName(), 1, topic.deadLetterConfiguration());
    }
    return yaml.toString();
  }

  private static void append(
      StringBuilder yaml, String name, int partitions, Map<String, String> configuration) {
    if (yaml.indexOf("apiVersion") >= 0) {
      yaml.append("---\n");
    }
    yaml.append(
        """
        apiVersion: kafka.strimzi.io/v1
        kind: KafkaTopic
        metadata:
          name: %s
          labels:
            strimzi.io/cluster: rspar
        spec:
          partitions: %d
          replicas: 3
          config:
        """
            .formatted(name, partitions));
    new TreeMap<>(configuration)
        .forEach((key, value) -> yaml.append("    %s: \"%s\"\n".formatted(key, value)));
  }

  @Test
  void everyServiceIsDeployedWithProbesBoundsAndAUserOfItsOwn() throws IOException {
    Set<String> users =
        Manifests.of(KafkaUser.class).stream()
            .map(user -> user.getMetadata().getName())
            .collect(Collectors.toSet());
    Map<String, Deployment> deployments = deployments();
    assertThat(deployments).hasSize(Service.values().length);
    for (Service service : Service.values()) {
      Deployment deployment = deployments.get(service.id() + "-service");
      assertThat(deployment).as(service.id()).isNotNull();
      PodSpec pod = deployment.getSpec().getTemplate().getSpec();
      Container container = pod.getContainers().get(0);
      assertThat(deployment.getSpec().getSelector().getMatchLabels())
          .as("selects its own pods")
          .isNotEmpty()
          .allSatisfy(
              (key, value) ->
                  assertThat(deployment.getSpec().getTemplate().getMetadata().getLabels())
                      .containsEntry(key, value));
      assertThat(container.getStartupProbe()).isNotNull();
      assertThat(container.getLivenessProbe()).isNotNull();
      assertThat(container.getReadinessProbe()).isNotNull();
      assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
      assertThat(container.getResources().getLimits()).containsKey("memory");
      assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
      assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
      assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(users).contains("rspar-" + service.id());
      assertThat(pod.getVolumes())
          .anySatisfy(
              volume ->
                  assertThat(volume.getSecret())
                      .isNotNull()
                      .extracting(secret -> secret.getSecretName())
                      .isEqualTo("rspar-" + service.id()));
      Duration grace = Duration.parse(settings().get("RSPAR_JOBS_SHUTDOWN_GRACE"));
      assertThat(pod.getTerminationGracePeriodSeconds()).isGreaterThan(grace.toSeconds() + 30);
    }
  }

  @Test
  void whatIsMountedOrTakenFromTheEnvironmentExists() throws IOException {
    Set<String> maps =
        Manifests.of(ConfigMap.class).stream()
            .map(map -> map.getMetadata().getName())
            .collect(Collectors.toSet());
    for (Deployment deployment : Manifests.of(Deployment.class)) {
      PodSpec pod = deployment.getSpec().getTemplate().getSpec();
      Set<String> volumes = new HashSet<>();
      pod.getVolumes()
          .forEach(
              volume -> {
                volumes.add(volume.getName());
                if (volume.getConfigMap() != null) {
                  assertThat(maps).contains(volume.getConfigMap().getName());
                }
              });
      Container container = pod.getContainers().get(0);
      assertThat(container.getVolumeMounts())
          .extracting(mount -> mount.getName())
          .containsExactlyInAnyOrderElementsOf(volumes);
      container.getEnvFrom().stream()
          .filter(source -> source.getConfigMapRef() != null)
          .forEach(source -> assertThat(maps).contains(source.getConfigMapRef().getName()));
    }
    assertThat(settings().get("RSPAR_KAFKA_CONFIG_FILE"))
        .isEqualTo("/etc/rspar/kafka/client.properties");
  }

  @Test
  void noSecretLiesInAManifest() throws IOException {
    for (Secret secret : Manifests.of(Secret.class)) {
      assertThat(secret.getStringData().keySet())
          .containsExactlyInAnyOrder("sasl", "tls", "username");
      assertThat(secret.getData()).isNullOrEmpty();
    }
    for (Deployment deployment : Manifests.of(Deployment.class)) {
      for (EnvVar variable :
          deployment.getSpec().getTemplate().getSpec().getContainers().get(0).getEnv()) {
        assertThat(variable.getName()).doesNotContainIgnoringCase("password").doesNotContain("KEY");
      }
    }
  }

  @Test
  void workersScaleWithTheLagOfTheirGroupUpToItsPartitions() throws IOException {
    List<ScaledObject> scaled = Manifests.of(ScaledObject.class);
    Map<String, Service> byTarget = new HashMap<>();
    Arrays.stream(Service.values()).forEach(s -> byTarget.put(s.id() + "-service", s));
    assertThat(scaled)
        .extracting(object -> object.spec().scaleTargetRef().name())
        .containsExactlyInAnyOrderElementsOf(byTarget.keySet());
    Set<String> authentications =
        Manifests.of(TriggerAuthentication.class).stream()
            .map(a -> a.metadata().name())
            .collect(Collectors.toSet());
    for (ScaledObject object : scaled) {
      Service service = byTarget.get(object.spec().scaleTargetRef().name());
      List<String> topics = new ArrayList<>();
      for (ScaledObject.Trigger trigger : object.spec().triggers()) {
        assertThat(trigger.type()).isEqualTo("kafka");
        assertThat(authentications).contains(trigger.authenticationRef().name());
        assertThat(trigger.metadata().get("consumerGroup"))
            .isEqualTo(service == Service.EVAL ? service.group() + "-default" : service.group());
        assertThat(trigger.metadata().get("bootstrapServers"))
            .isEqualTo(settings().get("RSPAR_KAFKA_BOOTSTRAP_SERVERS"));
        topics.add(trigger.metadata().get("topic"));
      }
      List<String> inputs = service.inputs().stream().map(Topic::topicName).toList();
      if (service == Service.SEARCH) {
        assertThat(inputs).containsAll(topics);
      } else {
        assertThat(topics).as("a worker's work").containsExactlyInAnyOrderElementsOf(inputs);
      }
      assertThat(object.spec().maxReplicaCount()).isLessThanOrEqualTo(Topic.PARTITIONS);
      assertThat(object.spec().minReplicaCount()).isPositive();
    }
  }

  private static Map<String, Deployment> deployments() throws IOException {
    return Manifests.of(Deployment.class).stream()
        .collect(Collectors.toMap(d -> d.getMetadata().getName(), d -> d));
  }

  /** What all services share. */
  private static Map<String, String> settings() throws IOException {
    return Manifests.of(ConfigMap.class).stream()
        .filter(map -> map.getMetadata().getName().equals("rspar"))
        .findFirst()
        .orElseThrow()
        .getData();
  }
}
