package io.rspar.kit.service;

import io.rspar.events.Stage;
import io.rspar.events.topic.Topic;
import java.util.Arrays;
import java.util.List;

/** The four services. */
public enum Service {
  /** Reads what is to be done for a whole request, and for shards of one. */
  SENSITIVITY(
      "sensitivity",
      Stage.SENSITIVITY,
      Topic.SENSITIVITY_REPORTS,
      Topic.PRUNING_REQUESTS,
      Topic.CURVATURE_SHARDS),
  /**
   * Reads the end of each request too, so that a request that has ended stays ended after a
   * restart.
   */
  SEARCH(
      "search",
      Stage.SEARCH,
      Topic.PRUNING_RESULTS,
      Topic.SENSITIVITY_REPORTS,
      Topic.EVALUATION_RESULTS,
      Topic.PRUNING_CANCELLATIONS,
      Topic.PRUNING_RESULTS),
  PRUNER("pruner", Stage.PRUNING, Topic.EVALUATION_RESULTS, Topic.PRUNING_CANDIDATES),
  EVAL("eval", Stage.EVALUATION, Topic.EVALUATION_RESULTS, Topic.PRUNED_MODELS);

  private final String id;
  private final Stage stage;
  private final Topic failures;
  private final List<Topic> inputs;

  Service(String id, Stage stage, Topic failures, Topic... inputs) {
    this.id = id;
    this.stage = stage;
    this.failures = failures;
    this.inputs = List.of(inputs);
  }

  /** The name in configuration, metrics and consumer groups. */
  public String id() {
    return id;
  }

  /** The stage of a request that this service's progress belongs to. */
  public Stage stage() {
    return stage;
  }

  /** Where it tells that it could not do its part. */
  public Topic failures() {
    return failures;
  }

  /** The topics it consumes, in the order in which a rebuild reads them. */
  public List<Topic> inputs() {
    return inputs;
  }

  /** Consumer group: all instances of a service share its work. */
  public String group() {
    return "rspar-" + id;
  }

  /**
   * The service of this id.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Service of(String id) {
    return Arrays.stream(values())
        .filter(service -> service.id.equals(id.strip()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "rspar.services: '%s' is no service; use %s"
                        .formatted(id, Arrays.stream(values()).map(Service::id).toList())));
  }
}
