package io.rspar.standalone.deploy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.strimzi.api.kafka.model.kafka.Kafka;
import io.strimzi.api.kafka.model.nodepool.KafkaNodePool;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The resources of deploy/kubernetes, read strictly: a field that no schema has is an error. */
final class Manifests {
  static final Path FOLDER = Path.of("..", "deploy", "kubernetes");

  private static final Map<String, Class<?>> KINDS =
      Map.of(
          "v1/ConfigMap", ConfigMap.class,
          "v1/Secret", Secret.class,
          "apps/v1/Deployment", Deployment.class,
          "kafka.strimzi.io/v1/Kafka", Kafka.class,
          "kafka.strimzi.io/v1/KafkaNodePool", KafkaNodePool.class,
          "kafka.strimzi.io/v1/KafkaTopic", KafkaTopic.class,
          "kafka.strimzi.io/v1/KafkaUser", KafkaUser.class,
          "keda.sh/v1alpha1/ScaledObject", ScaledObject.class,
          "keda.sh/v1alpha1/TriggerAuthentication", TriggerAuthentication.class);

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // The models would put what they do not know into a map of its own.
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                  return false;
                }
              })
          .build();

  private Manifests() {}

  /** All resources that kustomization.yaml lists. */
  static List<Object> read() throws IOException {
    List<Object> resources = new ArrayList<>();
    for (JsonNode file :
        YAML.readTree(FOLDER.resolve("kustomization.yaml").toFile()).get("resources")) {
      resources.addAll(read(Files.readString(FOLDER.resolve(file.textValue()))));
    }
    return resources;
  }

  static List<Object> read(String yaml) throws IOException {
    List<Object> resources = new ArrayList<>();
    try (var parser = YAML.createParser(yaml)) {
      for (JsonNode tree : YAML.<JsonNode>readValues(parser, JsonNode.class).readAll()) {
        String kind = tree.path("apiVersion").textValue() + "/" + tree.path("kind").textValue();
        if (!KINDS.containsKey(kind)) {
          throw new IOException("no schema for " + kind);
        }
        resources.add(YAML.treeToValue(tree, KINDS.get(kind)));
      }
    }
    return resources;
  }

  static <T> List<T> of(Class<T> type) throws IOException {
    return read().stream().filter(type::isInstance).map(type::cast).toList();
  }
}
