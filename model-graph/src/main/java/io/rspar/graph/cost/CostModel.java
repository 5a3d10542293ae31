package io.rspar.graph.cost;

import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.coupling.AxisChannels;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.op.NodeFacts;
import io.rspar.graph.op.NodeShapes;
import io.rspar.graph.op.Operators;
import io.rspar.graph.shape.Shapes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The cost of a graph as a function of how many channels each group keeps, without cutting it.
 * Every extent is a constant plus a multiple of the kept widths, so that the same formulas that
 * count a graph count the graph as it would be; the numbers equal {@link Cost#of} of the cut graph.
 */
public final class CostModel {
  /** Stands for an input that a node leaves out; no formula asks for it. */
  private static final Extents NOT_GIVEN = new Extents(Shape.UNRANKED, List.of());

  private final int[] widths;
  private final List<CostedNode> nodes;
  private final List<Extents> parameters;

  private CostModel(int[] widths, List<CostedNode> nodes, List<Extents> parameters) {
    this.widths = widths;
    this.nodes = nodes;
    this.parameters = parameters;
  }

  /** The cost model of a graph and its groups. */
  public static CostModel of(Graph graph, DependencyGraph dependencies) {
    Shapes shapes = Shapes.inferOneExample(graph);
    List<CostedNode> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      NodeFacts facts = shapes.node(node);
      if (Cost.isCounted(facts) && !Cost.isConstant(facts) && Operators.of(node).macs(facts) > 0) {
        nodes.add(
            new CostedNode(
                node,
                extents(node.inputs(), shapes, dependencies),
                extents(node.outputs(), shapes, dependencies)));
      }
    }
    List<Extents> parameters =
        Parameters.byNode(graph, shapes).values().stream()
            .flatMap(List::stream)
            .map(name -> extents(name, shapes, dependencies))
            .toList();
    int[] widths = dependencies.groups().stream().mapToInt(ChannelGroup::width).toArray();
    return new CostModel(widths, nodes, parameters);
  }

  /**
   * Multiply-accumulate operations per example, counted as by {@link Cost}.
   *
   * @param keptPerGroup number of channels that each group keeps, in the order of {@link
   *     DependencyGraph#groups}
   * @throws InvalidModelException INVALID_CUT if a number is not between 1 and the group's width
   */
  public long macs(int[] keptPerGroup) {
    requireValid(keptPerGroup);
    long macs = 0;
    for (CostedNode node : nodes) {
      macs = Math.addExact(macs, Operators.of(node.node()).macs(node.view(keptPerGroup)));
    }
    return macs;
  }

  /**
   * Multiply-accumulate operations per example if each layer's channels come in whole blocks, as
   * kernels with vector registers compute them: the last block of its inputs and of its outputs is
   * padded. An input of fewer than four channels is taken as it is, and so are the inputs of
   * grouped convolutions.
   *
   * @param keptPerGroup as for {@link #macs}
   * @param block channels of a block
   */
  public long macsInBlocks(int[] keptPerGroup, int block) {
    requireValid(keptPerGroup);
    double macs = 0;
    for (CostedNode node : nodes) {
      macs += node.macsInBlocks(keptPerGroup, block);
    }
    return Math.round(macs);
  }

  /**
   * Elements per example of the outputs of layers whose channels do not fill their last block: what
   * kernels of the next layer have to take in another layout.
   *
   * @param keptPerGroup as for {@link #macs}
   * @param block channels of a block
   */
  public long unfilled(int[] keptPerGroup, int block) {
    requireValid(keptPerGroup);
    return nodes.stream().mapToLong(node -> node.unfilled(keptPerGroup, block)).sum();
  }

  /**
   * Parameters, counted as by {@link Cost}.
   *
   * @param keptPerGroup as for {@link #macs}
   * @throws InvalidModelException INVALID_CUT if a number is not between 1 and the group's width
   */
  public long parameters(int[] keptPerGroup) {
    requireValid(keptPerGroup);
    long elements = 0;
    for (Extents parameter : parameters) {
      elements = Math.addExact(elements, parameter.shape(keptPerGroup).elements());
    }
    return elements;
  }

  private void requireValid(int[] keptPerGroup) {
    if (keptPerGroup.length != widths.length) {
      throw invalid(keptPerGroup.length + " widths for " + widths.length + " groups");
    }
    for (int g = 0; g < widths.length; g++) {
      if (keptPerGroup[g] < 1 || keptPerGroup[g] > widths[g]) {
        throw invalid(keptPerGroup[g] + " of " + widths[g] + " channels in group number " + g);
      }
    }
  }

  private static InvalidModelException invalid(String message) {
    return new InvalidModelException(
        InvalidModelException.Kind.INVALID_CUT,
        message,
        "give for each group a number between 1 and its width");
  }

  private static List<Extents> extents(
      List<String> values, Shapes shapes, DependencyGraph dependencies) {
    return values.stream()
        .map(value -> value.isEmpty() ? NOT_GIVEN : extents(value, shapes, dependencies))
        .toList();
  }

  private static Extents extents(String value, Shapes shapes, DependencyGraph dependencies) {
    Shape shape = shapes.shape(value);
    List<Share> shares = new ArrayList<>();
    for (int axis = 0; axis < shape.rank(); axis++) {
      int at = axis;
      dependencies
          .channels(value, axis)
          .ifPresent(on -> shares.addAll(shares(at, shape.dim(at), on, dependencies.groups())));
    }
    return new Extents(shape, shares);
  }

  private static List<Share> shares(
      int axis, long extent, AxisChannels on, List<ChannelGroup> groups) {
    Map<Integer, Integer> indices = new TreeMap<>();
    for (int group : on.group()) {
      if (group >= 0) {
        indices.merge(group, 1, Integer::sum);
      }
    }
    // What lies on an open axis is that of its first period.
    int periods = (int) extent / on.group().length;
    List<Share> shares = new ArrayList<>();
    indices.forEach(
        (g, count) -> {
          int width = groups.get(g).width();
          shares.add(new Share(axis, g, periods * count / width, width));
        });
    return shares;
  }

  /** Part of an axis: {@code indices} per channel of a group that has {@code width} channels. */
  private record Share(int axis, int group, int indices, int width) {}

  /** A shape whose axes get shorter with the groups that lie on them. */
  private record Extents(Shape dense, List<Share> shares) {
    Shape shape(int[] kept) {
      if (shares.isEmpty()) {
        return dense;
      }
      long[] dims = dense.toArray();
      for (Share share : shares) {
        dims[share.axis()] -= (long) share.indices() * (share.width() - kept[share.group()]);
      }
      return Shape.of(dims);
    }
  }

  /** A node that counts. */
  private record CostedNode(Node node, List<Extents> inputs, List<Extents> outputs) {
    /** Inputs this narrow have kernels of their own. */
    private static final int IMAGE = 4;

    double macsInBlocks(int[] kept, int block) {
      long in = channels(inputs.get(0).shape(kept));
      boolean whole = in < IMAGE || node.intAttribute("group", 1) > 1;
      return Operators.of(node).macs(view(kept))
          * padding(channels(outputs.get(0).shape(kept)), block)
          * (whole ? 1 : padding(in, block));
    }

    long unfilled(int[] kept, int block) {
      Shape output = outputs.get(0).shape(kept);
      return channels(output) % block == 0 ? 0 : output.elements();
    }

    /** Extent of the axis that channels lie on: N×C×… for convolutions, …×C for other layers. */
    private long channels(Shape activation) {
      return activation.dim(node.opType().startsWith("Conv") ? 1 : activation.rank() - 1);
    }

    private static double padding(long channels, int block) {
      return (double) ((channels + block - 1) / block * block) / channels;
    }

    NodeShapes view(int[] kept) {
      return new NodeShapes() {
        @Override
        public Node node() {
          return node;
        }

        @Override
        public Shape input(int i) {
          return inputs.get(i).shape(kept);
        }

        @Override
        public Shape output(int i) {
          return outputs.get(i).shape(kept);
        }
      };
    }
  }
}
