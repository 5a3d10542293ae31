package io.rspar.pruner.datafree;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rspar.graph.Graph;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.cost.CostModel;
import io.rspar.graph.cost.NodeCost;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.coupling.FrozenAxis;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.graph.shape.Shapes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What pruning can do to a model: its cost, its groups of channels, what is frozen and why. */
public record Inspection(Graph graph, Cost cost, DependencyGraph dependencies) {

  public static Inspection of(Graph graph, DependencyGraph dependencies) {
    return new Inspection(graph, Cost.of(graph), dependencies);
  }

  /** Share of the parameters that is gone when every group keeps one channel, 0 to 1. */
  public double prunableParameters() {
    int[] ones = dependencies.groups().stream().mapToInt(group -> 1).toArray();
    long left = CostModel.of(graph, dependencies).parameters(ones);
    return cost.parameters() == 0 ? 0 : 1 - (double) left / cost.parameters();
  }

  /** Frozen axes by what forbids the cut, with the number of axes. */
  public Map<String, Long> frozenReasons() {
    return dependencies.frozen().stream()
        .collect(
            Collectors.groupingBy(
                axis -> axis.node() + ": " + axis.reason(),
                LinkedHashMap::new,
                Collectors.counting()));
  }

  private List<NodeCost> uncounted() {
    return cost.nodes().stream().filter(node -> !node.counted()).toList();
  }

  /** For a person to read. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%,d MACs per example, %,d parameters, %d nodes, opset %d%n",
            cost.macs(),
            cost.parameters(),
            graph.nodes().size(),
            graph.opset()));
    Shapes example = Shapes.inferOneExample(graph);
    graph
        .inputs()
        .forEach(
            v ->
                text.append(
                    "input  %s %s %s%s%n"
                        .formatted(
                            v.name(),
                            v.type(),
                            v.shape(),
                            example.shape(v.name()).equals(v.shape())
                                ? ""
                                : ", an example being " + example.shape(v.name()))));
    graph
        .outputs()
        .forEach(v -> text.append("output %s %s %s%n".formatted(v.name(), v.type(), v.shape())));
    text.append(
        "%n%d groups, %d channels that can be pruned, with up to %.1f %% of the parameters%n"
            .formatted(
                dependencies.groups().size(),
                dependencies.groups().stream().mapToInt(ChannelGroup::width).sum(),
                100 * prunableParameters()));
    for (ChannelGroup group : dependencies.groups()) {
      text.append(
          "  %5d  %s  (%d weights computing, %d reading, %d alongside)%n"
              .formatted(
                  group.width(),
                  group.id(),
                  group.members(Role.PRODUCER).size(),
                  group.members(Role.CONSUMER).size(),
                  group.members().size()
                      - group.members(Role.PRODUCER).size()
                      - group.members(Role.CONSUMER).size()));
    }
    text.append("%n%d frozen axes%n".formatted(dependencies.frozen().size()));
    dependencies.frozen().forEach(frozen -> text.append("  ").append(frozen).append('\n'));
    if (!uncounted().isEmpty()) {
      text.append("%n%d nodes whose cost is not known%n".formatted(uncounted().size()));
      uncounted().forEach(n -> text.append("  %s (%s)%n".formatted(n.node(), n.opType())));
    }
    return text.toString();
  }

  /** For a program to read; keys stay, more may come. */
  public ObjectNode toJson() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("macs", cost.macs());
    json.put("parameters", cost.parameters());
    json.put("opset", graph.opset());
    json.put("prunableParameters", prunableParameters());
    ArrayNode inputs = json.putArray("inputs");
    graph
        .inputs()
        .forEach(
            v ->
                inputs
                    .addObject()
                    .put("name", v.name())
                    .put("type", v.type().name())
                    .put("shape", v.shape().toString()));
    ArrayNode groups = json.putArray("groups");
    dependencies.groups().forEach(group -> add(groups, group));
    ArrayNode frozen = json.putArray("frozen");
    dependencies.frozen().forEach(axis -> add(frozen, axis));
    ArrayNode nodes = json.putArray("nodes");
    cost.nodes()
        .forEach(
            n ->
                nodes
                    .addObject()
                    .put("node", n.node())
                    .put("opType", n.opType())
                    .put("macs", n.macs())
                    .put("parameters", n.parameters())
                    .put("counted", n.counted()));
    return json;
  }

  private static void add(ArrayNode groups, ChannelGroup group) {
    ObjectNode json = groups.addObject().put("id", group.id()).put("channels", group.width());
    ArrayNode members = json.putArray("members");
    for (Member member : group.members()) {
      members
          .addObject()
          .put("node", member.nodeName())
          .put("opType", member.opType())
          .put("tensor", member.tensor())
          .put("axis", member.axis())
          .put("role", member.role().name());
    }
  }

  private static void add(ArrayNode frozen, FrozenAxis axis) {
    frozen
        .addObject()
        .put("tensor", axis.tensor())
        .put("axis", axis.axis())
        .put("node", axis.node())
        .put("reason", axis.reason());
  }
}
