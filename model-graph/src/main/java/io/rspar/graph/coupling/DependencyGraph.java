package io.rspar.graph.coupling;

import com.google.re2j.Pattern;
import io.rspar.graph.Graph;
import io.rspar.graph.ModelChecks;
import io.rspar.graph.Node;
import io.rspar.graph.shape.Shapes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The groups of channels of a graph that can be cut, and what cannot be cut for which reason.
 *
 * <p>After DepGraph (Fang et al., "DepGraph: Towards Any Structural Pruning", CVPR 2023), but on
 * the level of single indices rather than of layers: that way concatenation, slicing, padding and
 * flattening need no offsets kept by hand, and a shortcut that pads channels is mapped exactly.
 *
 * <p>Every group can be cut exactly: the smaller network computes what the original computes when
 * every sum, mean and extremum over its channels runs over those that stay. Where that has no
 * meaning (a softmax over channels, an operator that is not understood), the axis is frozen.
 */
public final class DependencyGraph {
  private final Map<String, Node> nodes = new HashMap<>();
  private final Shapes shapes;
  private final List<ChannelGroup> groups;
  private final Map<String, ChannelGroup> byId = new HashMap<>();
  private final List<FrozenAxis> frozen;
  private final Grouping grouping;
  private final List<ChannelShuffle> shuffles;

  private DependencyGraph(
      Graph graph, Shapes shapes, Grouping grouping, List<ChannelShuffle> shuffles) {
    graph.nodes().forEach(node -> nodes.put(node.name(), node));
    this.shapes = shapes;
    this.shuffles = List.copyOf(shuffles);
    this.grouping = grouping;
    this.groups = grouping.groups();
    groups.forEach(group -> byId.put(group.id(), group));
    this.frozen = grouping.frozen();
  }

  /** The dependency graph of everything that can be cut. */
  public static DependencyGraph of(Graph graph) {
    return of(graph, List.of());
  }

  /**
   * The dependency graph without some layers.
   *
   * @param exclude a node whose name contains a match keeps all its output channels, and so does a
   *     layer whose weight or bias comes from an initialiser with such a name
   * @throws io.rspar.graph.InvalidModelException MALFORMED if values or shapes contradict each
   *     other
   */
  public static DependencyGraph of(Graph graph, List<Pattern> exclude) {
    ModelChecks.requireWellFormed(graph);
    Shapes shapes = Shapes.infer(graph);
    GraphCoupling coupling = new GraphCoupling(graph, shapes, exclude);
    return new DependencyGraph(
        graph, shapes, new Grouping(graph, shapes, coupling), coupling.shuffles());
  }

  /** Groups in network order: by the node that first computes their channels. */
  public List<ChannelGroup> groups() {
    return groups;
  }

  /** Axes that compute channels but cannot be cut, in network order. */
  public List<FrozenAxis> frozen() {
    return frozen;
  }

  /** Nodes that together only reorder channels, and that a cut replaces by one. */
  public List<ChannelShuffle> shuffles() {
    return shuffles;
  }

  /**
   * The node with this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Node node(String name) {
    Node node = nodes.get(name);
    if (node == null) {
      throw new IllegalArgumentException("there is no node '" + name + "'");
    }
    return node;
  }

  /** Shapes of the graph's values. */
  public Shapes shapes() {
    return shapes;
  }

  /**
   * The group with this id.
   *
   * @throws IllegalArgumentException if there is none
   */
  public ChannelGroup group(String id) {
    ChannelGroup group = byId.get(id);
    if (group == null) {
      throw new IllegalArgumentException("there is no group '" + id + "'");
    }
    return group;
  }

  /** What lies on an axis of a value; empty if all of the axis always stays. */
  public Optional<AxisChannels> channels(String value, int axis) {
    return grouping.channels(value, axis);
  }
}
