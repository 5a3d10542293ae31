package io.rspar.graph.op;

import io.rspar.graph.Attribute;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import java.util.List;
import java.util.Optional;

/** A tensor in an attribute. */
final class Constant implements Operator {
  @Override
  public List<ValueFacts> infer(NodeFacts node) {
    return List.of(value(node).map(ValueFacts::of).orElse(ValueFacts.UNKNOWN));
  }

  private static Optional<Tensor> value(NodeFacts node) {
    Optional<Tensor> tensor = node.node().tensorAttribute("value");
    if (tensor.isPresent()) {
      return tensor;
    }
    if (node.node().attributes().get("value_int") instanceof Attribute.OfInt a) {
      return Optional.of(Tensor.ofLongs(Shape.of(), a.value()));
    }
    if (node.node().attributes().get("value_float") instanceof Attribute.OfFloat a) {
      return Optional.of(Tensor.ofFloats(Shape.of(), a.value()));
    }
    if (node.node().attributes().get("value_floats") instanceof Attribute.OfFloats a) {
      float[] values = new float[a.values().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = a.values().get(i);
      }
      return Optional.of(Tensor.ofFloats(Shape.of(values.length), values));
    }
    return node.node()
        .intsAttribute("value_ints")
        .map(values -> Tensor.ofLongs(Shape.of(values.length), values));
  }

  /** Its axes belong to whoever reads them. */
  @Override
  public void couple(Coupling c) {}
}
