package io.rspar.graph.op;

import io.rspar.graph.DataType;
import io.rspar.graph.Shape;
import java.util.List;

/** MaxPool, AveragePool and LpPool: a window slides over the spatial axes of every channel. */
final class Pool implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    Shape input = node.input(0);
    long[] kernel =
        node.node()
            .intsAttribute("kernel_shape")
            .orElseThrow(() -> node.malformed("attribute kernel_shape is missing"));
    if (input.rank() != kernel.length + 2) {
      throw node.malformed("input " + input + " with a window of " + kernel.length + " axes");
    }
    boolean ceil = node.node().intAttribute("ceil_mode", 0) != 0;
    long[] spatial = Window.of(node, kernel).slide(node, input, ceil);
    long[] dims = input.toArray();
    System.arraycopy(spatial, 0, dims, 2, spatial.length);
    Shape shape = Shape.of(dims);
    return List.of(ValueFacts.of(node.type(0), shape), ValueFacts.of(DataType.INT64, shape));
  }

  @Override
  public void couple(Coupling c) {
    if (c.facts().outputs().size() > 1) {
      c.freezeAll("the positions of the maxima are an output");
      return;
    }
    Spatial.couple(c);
  }
}
