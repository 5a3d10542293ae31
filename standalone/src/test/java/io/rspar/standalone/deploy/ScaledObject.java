package io.rspar.standalone.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * KEDA's resource. KEDA publishes no Java model: these are the fields of its custom resource
 * definition (keda.sh/v1alpha1, release 2.17) that the manifests may use.
 */
record ScaledObject(String apiVersion, String kind, Metadata metadata, Spec spec) {

  record Metadata(String name, Map<String, String> labels) {}

  record Spec(
      Target scaleTargetRef,
      Integer pollingInterval,
      Integer cooldownPeriod,
      Integer minReplicaCount,
      Integer maxReplicaCount,
      Advanced advanced,
      List<Trigger> triggers) {}

  record Target(String apiVersion, String kind, String name, String envSourceContainerName) {}

  record Advanced(
      Boolean restoreToOriginalReplicaCount, AutoscalerConfig horizontalPodAutoscalerConfig) {}

  record AutoscalerConfig(String name, Behavior behavior) {}

  record Behavior(JsonNode scaleUp, ScaleDown scaleDown) {}

  record ScaleDown(
      Integer stabilizationWindowSeconds, String selectPolicy, List<Policy> policies) {}

  record Policy(String type, int value, int periodSeconds) {}

  record Trigger(
      String type,
      String name,
      String metricType,
      Map<String, String> metadata,
      AuthenticationRef authenticationRef) {}

  record AuthenticationRef(String name, String kind) {}
}
