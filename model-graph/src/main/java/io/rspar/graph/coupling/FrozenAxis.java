package io.rspar.graph.coupling;

/**
 * An axis of channels that cannot be cut.
 *
 * @param tensor weight whose axis computes the channels
 * @param axis axis of the tensor, from 0
 * @param node what forbids the cut: a node as {@link io.rspar.graph.Node#describe} says it, or a
 *     model input or output
 * @param reason why it forbids the cut
 */
public record FrozenAxis(String tensor, int axis, String node, String reason) {
  @Override
  public String toString() {
    return "axis " + axis + " of '" + tensor + "': " + node + ": " + reason;
  }
}
