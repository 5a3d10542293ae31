package io.rspar.graph;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One operation.
 *
 * @param name unique in its graph; given by the reader where the file has none
 * @param domain operator set; empty for ONNX's own
 * @param opType operator, {@code Conv} for instance
 * @param inputs names of values read, in the operator's order; empty string = left out
 * @param outputs names of values written; empty string = left out
 * @param attributes by name
 */
public record Node(
    String name,
    String domain,
    String opType,
    List<String> inputs,
    List<String> outputs,
    Map<String, Attribute> attributes) {

  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = java.util.Collections.unmodifiableMap(new TreeMap<>(attributes));
  }

  /** Whether the i-th input is given. */
  public boolean hasInput(int i) {
    return i < inputs.size() && !inputs.get(i).isEmpty();
  }

  /** Name of the i-th input, or an empty string. */
  public String input(int i) {
    return i < inputs.size() ? inputs.get(i) : "";
  }

  public String output(int i) {
    return i < outputs.size() ? outputs.get(i) : "";
  }

  public long intAttribute(String key, long otherwise) {
    return attributes.get(key) instanceof Attribute.OfInt a ? a.value() : otherwise;
  }

  public float floatAttribute(String key, float otherwise) {
    return attributes.get(key) instanceof Attribute.OfFloat a ? a.value() : otherwise;
  }

  public String stringAttribute(String key, String otherwise) {
    return attributes.get(key) instanceof Attribute.OfString a ? a.value() : otherwise;
  }

  public Optional<long[]> intsAttribute(String key) {
    return attributes.get(key) instanceof Attribute.OfInts a
        ? Optional.of(a.values().stream().mapToLong(Long::longValue).toArray())
        : Optional.empty();
  }

  public Optional<Tensor> tensorAttribute(String key) {
    return attributes.get(key) instanceof Attribute.OfTensor a
        ? Optional.of(a.value())
        : Optional.empty();
  }

  public Node withAttribute(String key, Attribute value) {
    Map<String, Attribute> changed = new TreeMap<>(attributes);
    changed.put(key, value);
    return new Node(name, domain, opType, inputs, outputs, changed);
  }

  public Node withInputs(List<String> changed) {
    return new Node(name, domain, opType, changed, outputs, attributes);
  }

  /** For messages: {@code Conv node 'conv1'}. */
  public String describe() {
    return (domain.isEmpty() ? "" : domain + ".") + opType + " node '" + name + "'";
  }
}
