package io.rspar.graph.surgery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.Member;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The file {@code pruning-plan.json}. {@code groups} is what a replay reads; {@code tensors} says
 * the same per weight, for those who cut the model in another framework:
 *
 * <pre>{@code
 * {
 *   "version": 1,
 *   "modelSha256": "9f86d0…",
 *   "groups": [{"id": "layer1.0.conv1", "width": 16, "kept": [0, 2, 5]}],
 *   "tensors": [{"name": "layer1.0.conv1.weight", "axis": 0, "kept": [0, 2, 5]}]
 * }
 * }</pre>
 */
public final class PruningPlanFile {
  private static final int VERSION = 1;

  private static final ObjectMapper JSON = new ObjectMapper();

  private PruningPlanFile() {}

  /**
   * The plan as JSON.
   *
   * @param graph the groups that the plan is for
   * @throws InvalidModelException INVALID_CUT if the plan does not fit the graph
   */
  public static String write(PruningPlan plan, DependencyGraph graph) {
    Kept kept = new Kept(graph, plan);
    ObjectNode root = JSON.createObjectNode();
    root.put("version", VERSION);
    plan.modelSha256().ifPresent(sha256 -> root.put("modelSha256", sha256));
    ArrayNode groups = root.putArray("groups");
    for (ChannelGroup group : graph.groups()) {
      ObjectNode entry = groups.addObject();
      entry.put("id", group.id());
      entry.put("width", group.width());
      ArrayNode channels = entry.putArray("kept");
      plan.kept()
          .getOrDefault(group.id(), IntStream.range(0, group.width()).boxed().toList())
          .forEach(channels::add);
    }
    ArrayNode tensors = root.putArray("tensors");
    Map<String, List<Integer>> axes = new LinkedHashMap<>();
    for (ChannelGroup group : graph.groups()) {
      for (Member member : group.members()) {
        List<Integer> known = axes.computeIfAbsent(member.tensor(), t -> new ArrayList<>());
        if (!known.contains(member.axis())) {
          known.add(member.axis());
        }
      }
    }
    axes.forEach(
        (tensor, all) ->
            all.forEach(
                axis ->
                    kept.indices(tensor, axis)
                        .ifPresent(
                            indices -> {
                              ObjectNode entry = tensors.addObject();
                              entry.put("name", tensor);
                              entry.put("axis", axis);
                              ArrayNode list = entry.putArray("kept");
                              Arrays.stream(indices).forEach(list::add);
                            })));
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of numbers and strings is always JSON", e);
    }
  }

  /**
   * Reads a plan.
   *
   * @throws InvalidModelException INVALID_CUT if the text is no plan
   */
  public static PruningPlan read(String json) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw invalid("not JSON: " + e.getOriginalMessage());
    }
    if (root.path("version").asInt() != VERSION || !root.path("groups").isArray()) {
      throw invalid("version " + root.path("version") + ", expected " + VERSION + " with groups");
    }
    Map<String, List<Integer>> kept = new LinkedHashMap<>();
    for (JsonNode group : root.path("groups")) {
      List<Integer> channels = new ArrayList<>();
      for (Iterator<JsonNode> it = group.path("kept").elements(); it.hasNext(); ) {
        JsonNode channel = it.next();
        if (!channel.isInt()) {
          throw invalid("group " + group.path("id") + " keeps " + channel);
        }
        channels.add(channel.intValue());
      }
      if (!group.path("id").isTextual() || kept.put(group.path("id").asText(), channels) != null) {
        throw invalid("group " + group.path("id") + " has no name of its own");
      }
    }
    JsonNode sha256 = root.path("modelSha256");
    return new PruningPlan(
        kept, sha256.isTextual() ? Optional.of(sha256.asText()) : Optional.empty());
  }

  private static InvalidModelException invalid(String message) {
    return new InvalidModelException(
        InvalidModelException.Kind.INVALID_CUT,
        "the pruning plan cannot be read: " + message,
        "use a pruning-plan.json that R-SPAR wrote");
  }
}
