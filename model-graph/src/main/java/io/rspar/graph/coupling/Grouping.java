package io.rspar.graph.coupling;

import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.op.Role;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Sorts the classes of ids into groups of the same footprint, and names them. */
final class Grouping {
  private static final int NONE = -1;

  /** An axis of a value. */
  private record Site(String value, int axis) {}

  private final Graph graph;
  private final Shapes shapes;
  private final IdSpace ids;
  private final Classes classes;
  private final List<GraphCoupling.Declaration> declarations;
  private final int[] groupOfRoot;
  private final int[] channelOfRoot;
  private final Map<String, Integer> positions = new HashMap<>();
  private final Map<String, Node> writers = new HashMap<>();
  private final Map<String, List<Node>> readers = new HashMap<>();
  private final Map<String, List<GraphCoupling.Declaration>> declarationsOfValue = new HashMap<>();
  private final List<ChannelGroup> groups;

  Grouping(Graph graph, Shapes shapes, GraphCoupling coupling) {
    this.graph = graph;
    this.shapes = shapes;
    this.ids = coupling.ids();
    this.classes = coupling.classes();
    this.declarations = coupling.declarations();
    this.groupOfRoot = new int[ids.size()];
    this.channelOfRoot = new int[ids.size()];
    Arrays.fill(groupOfRoot, NONE);
    for (Node node : graph.nodes()) {
      positions.put(node.name(), positions.size());
      node.outputs().forEach(output -> writers.put(output, node));
      Set<String> inputs = new HashSet<>(node.inputs());
      inputs.forEach(i -> readers.computeIfAbsent(i, v -> new ArrayList<>()).add(node));
    }
    declarations.forEach(
        d -> declarationsOfValue.computeIfAbsent(d.value(), v -> new ArrayList<>()).add(d));
    this.groups = name(assign());
  }

  List<ChannelGroup> groups() {
    return groups;
  }

  /** Producing axes with indices that belong to no group. */
  List<FrozenAxis> frozen() {
    Map<Site, FrozenAxis> frozen = new LinkedHashMap<>();
    for (GraphCoupling.Declaration declaration : declarations) {
      if (declaration.role() != Role.PRODUCER || isBias(declaration)) {
        continue;
      }
      int first = ids.first(declaration.value(), declaration.axis());
      for (int i = 0; i < ids.extent(declaration.value(), declaration.axis()); i++) {
        int root = classes.find(first + i);
        if (groupOfRoot[root] != NONE) {
          continue;
        }
        Site source = source(new Site(declaration.value(), declaration.axis()), root);
        Classes.Reason reason =
            classes.isFrozen(root)
                ? classes.reasonOf(root)
                : new Classes.Reason(
                    declaration.node().describe(), "no other channel is used in the same places");
        frozen.putIfAbsent(
            source, new FrozenAxis(source.value(), source.axis(), reason.node(), reason.text()));
        break;
      }
    }
    return List.copyOf(frozen.values());
  }

  /** The axis of the file's tensor from which an axis of a computed weight comes. */
  private Site source(Site site, int root) {
    if (isSource(site.value()) || !shapes.facts(site.value()).constant()) {
      return site;
    }
    for (String input : writers.get(site.value()).inputs()) {
      for (int axis = 0; ids.contains(input) && axis < ids.rank(input); axis++) {
        int first = ids.first(input, axis);
        for (int i = 0; i < ids.extent(input, axis); i++) {
          if (classes.find(first + i) == root) {
            return source(new Site(input, axis), root);
          }
        }
      }
    }
    return site;
  }

  private boolean isBias(GraphCoupling.Declaration declaration) {
    return ids.rank(declaration.value()) == 1;
  }

  Optional<AxisChannels> channels(String value, int axis) {
    if (!ids.contains(value)) {
      return Optional.empty();
    }
    int extent = ids.extent(value, axis);
    int first = ids.first(value, axis);
    int[] group = new int[extent];
    int[] channel = new int[extent];
    boolean any = false;
    for (int i = 0; i < extent; i++) {
      int root = classes.find(first + i);
      group[i] = groupOfRoot[root];
      channel[i] = channelOfRoot[root];
      any |= group[i] != NONE;
    }
    return any ? Optional.of(new AxisChannels(group, channel)) : Optional.empty();
  }

  /**
   * Numbers groups and channels.
   *
   * @return for each group the declaration of its first producer
   */
  private List<GraphCoupling.Declaration> assign() {
    Map<Integer, List<Integer>> footprints = new HashMap<>();
    int number = 0;
    for (String value : ids.values()) {
      for (int axis = 0; axis < ids.rank(value); axis++, number++) {
        int first = ids.first(value, axis);
        for (int i = 0; i < ids.extent(value, axis); i++) {
          int root = classes.find(first + i);
          if (!classes.isFrozen(root)) {
            footprints.computeIfAbsent(root, r -> new ArrayList<>()).add(number);
          }
        }
      }
    }
    List<GraphCoupling.Declaration> firstProducers = new ArrayList<>();
    Map<List<Integer>, Integer> groupOfFootprint = new HashMap<>();
    Map<Integer, Integer> widths = new HashMap<>();
    // Producers come in network order, and their indices in order: so do groups and channels.
    for (GraphCoupling.Declaration producer : declarations) {
      if (producer.role() != Role.PRODUCER) {
        continue;
      }
      Map<List<Integer>, Set<Integer>> fresh = new LinkedHashMap<>();
      int first = ids.first(producer.value(), producer.axis());
      for (int i = 0; i < ids.extent(producer.value(), producer.axis()); i++) {
        int root = classes.find(first + i);
        if (!classes.isFrozen(root) && groupOfRoot[root] == NONE) {
          fresh.computeIfAbsent(footprints.get(root), f -> new LinkedHashSet<>()).add(root);
        }
      }
      for (Map.Entry<List<Integer>, Set<Integer>> entry : fresh.entrySet()) {
        Integer group = groupOfFootprint.get(entry.getKey());
        if (group == null) {
          if (entry.getValue().size() == 1) {
            continue;
          }
          group = firstProducers.size();
          groupOfFootprint.put(entry.getKey(), group);
          firstProducers.add(producer);
        }
        for (int root : entry.getValue()) {
          groupOfRoot[root] = group;
          channelOfRoot[root] = widths.merge(group, 1, Integer::sum) - 1;
        }
      }
    }
    return firstProducers;
  }

  private List<ChannelGroup> name(List<GraphCoupling.Declaration> firstProducers) {
    int count = firstProducers.size();
    List<Map<Site, int[][]>> sites = new ArrayList<>();
    int[] widths = new int[count];
    for (int root = 0; root < groupOfRoot.length; root++) {
      if (groupOfRoot[root] != NONE) {
        widths[groupOfRoot[root]]++;
      }
    }
    for (int g = 0; g < count; g++) {
      sites.add(new LinkedHashMap<>());
    }
    for (String value : ids.values()) {
      for (int axis = 0; axis < ids.rank(value); axis++) {
        Site site = new Site(value, axis);
        channels(value, axis).ifPresent(on -> collect(on, site, sites, widths));
      }
    }
    Set<String> taken = new HashSet<>();
    List<ChannelGroup> named = new ArrayList<>();
    for (int g = 0; g < count; g++) {
      List<Member> members = new ArrayList<>();
      List<ValueSite> values = new ArrayList<>();
      for (Map.Entry<Site, int[][]> entry : sites.get(g).entrySet()) {
        Site site = entry.getKey();
        if (isSource(site.value())) {
          members.addAll(members(site, entry.getValue()));
        } else if (!shapes.facts(site.value()).constant()
            && shapes.shape(site.value()).isKnown(site.axis())) {
          values.add(new ValueSite(site.value(), site.axis(), entry.getValue()));
        }
      }
      members.sort(Comparator.comparingInt(m -> positions.get(m.nodeName())));
      named.add(new ChannelGroup(id(g, firstProducers.get(g), taken), widths[g], members, values));
    }
    return List.copyOf(named);
  }

  private static void collect(
      AxisChannels on, Site site, List<Map<Site, int[][]>> sites, int[] widths) {
    for (int index = 0; index < on.group().length; index++) {
      int group = on.group()[index];
      if (group == NONE) {
        continue;
      }
      int[][] indices = sites.get(group).computeIfAbsent(site, s -> new int[widths[group]][0]);
      int channel = on.channel()[index];
      indices[channel] = Arrays.copyOf(indices[channel], indices[channel].length + 1);
      indices[channel][indices[channel].length - 1] = index;
    }
  }

  /** A tensor of the file rather than one computed from such tensors. */
  private boolean isSource(String value) {
    return graph.initializers().containsKey(value)
        || (shapes.facts(value).constant() && writers.get(value).inputs().isEmpty());
  }

  private List<Member> members(Site site, int[][] indices) {
    List<Member> members = new ArrayList<>();
    for (GraphCoupling.Declaration d : declarations(site, new HashSet<>())) {
      Member member =
          new Member(
              d.node().name(), d.node().opType(), site.value(), site.axis(), d.role(), indices);
      if (members.stream().noneMatch(m -> m.nodeName().equals(member.nodeName()))) {
        members.add(member);
      }
    }
    return members;
  }

  /**
   * What nodes declared about an axis, directly or about an axis computed from it (a transposed
   * weight, say): one that carries a common id.
   */
  private List<GraphCoupling.Declaration> declarations(Site site, Set<Site> seen) {
    List<GraphCoupling.Declaration> found = new ArrayList<>();
    if (!seen.add(site)) {
      return found;
    }
    for (GraphCoupling.Declaration d : declarationsOfValue.getOrDefault(site.value(), List.of())) {
      if (d.axis() == site.axis()) {
        found.add(d);
      }
    }
    for (Node reader : readers.getOrDefault(site.value(), List.of())) {
      for (String output : reader.outputs()) {
        if (output.isEmpty() || !shapes.facts(output).constant() || !ids.contains(output)) {
          continue;
        }
        for (int axis = 0; axis < ids.rank(output); axis++) {
          if (shareId(site, new Site(output, axis))) {
            found.addAll(declarations(new Site(output, axis), seen));
          }
        }
      }
    }
    return found;
  }

  private boolean shareId(Site a, Site b) {
    Set<Integer> roots = new HashSet<>();
    for (int i = 0; i < ids.extent(a.value(), a.axis()); i++) {
      roots.add(classes.find(ids.first(a.value(), a.axis()) + i));
    }
    for (int i = 0; i < ids.extent(b.value(), b.axis()); i++) {
      if (roots.contains(classes.find(ids.first(b.value(), b.axis()) + i))) {
        return true;
      }
    }
    return false;
  }

  private String id(int group, GraphCoupling.Declaration producer, Set<String> taken) {
    int first = ids.first(producer.value(), producer.axis());
    int root = classes.find(first);
    for (int i = 0; groupOfRoot[root] != group; i++) {
      root = classes.find(first + i);
    }
    String weight = source(new Site(producer.value(), producer.axis()), root).value();
    String stem =
        weight.endsWith(".weight")
            ? weight.substring(0, weight.length() - ".weight".length())
            : producer.node().name();
    String id = stem;
    for (int i = 2; !taken.add(id); i++) {
      id = stem + "#" + i;
    }
    return id;
  }
}
