package io.rspar.graph.op;

import io.rspar.graph.Shape;
import java.util.ArrayList;
import java.util.List;

/** Looks up single elements or slices at places that name an index on each of some axes. */
final class GatherNd implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape data = node.input(0);
    Shape places = node.input(1);
    int batch = batch(node);
    int named = named(node);
    if (places.rank() <= batch || batch + named > data.rank()) {
      throw node.malformed("places " + places + " in " + data + " behind " + batch + " axes");
    }
    List<Long> dims = new ArrayList<>();
    for (int axis = 0; axis < places.rank() - 1; axis++) {
      dims.add(places.dim(axis));
    }
    for (int axis = batch + named; axis < data.rank(); axis++) {
      dims.add(data.dim(axis));
    }
    return List.of(ValueFacts.of(node.type(0), Shape.of(dims)));
  }

  private static int batch(NodeFacts node) {
    return (int) node.node().intAttribute("batch_dims", 0);
  }

  /** Number of axes on which a place names an index. */
  private static int named(NodeFacts node) {
    return (int) node.input(1).dim(node.input(1).rank() - 1);
  }

  @Override
  public void couple(Coupling c) {
    int rank = c.facts().input(0).rank();
    int whole = rank - batch(c.facts()) - named(c.witnesses().get(0));
    for (int axis = 0; axis < rank - whole; axis++) {
      c.freeze(c.in(0, axis), "single indices of it are looked up");
    }
    for (int fromEnd = 1; fromEnd <= whole; fromEnd++) {
      c.unify(c.in(0, -fromEnd), c.out(0, -fromEnd));
    }
    for (int axis = 0; axis < c.facts().input(1).rank(); axis++) {
      c.freeze(c.in(1, axis), "it names places");
    }
    for (int axis = 0; axis < c.facts().output(0).rank() - whole; axis++) {
      c.freeze(c.out(0, axis), "its indices are places");
    }
  }
}
