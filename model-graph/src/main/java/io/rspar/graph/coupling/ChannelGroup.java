package io.rspar.graph.coupling;

import io.rspar.graph.op.Role;
import java.util.List;

/**
 * Channels with the same footprint: each touches the same axes of the same tensors with the same
 * number of indices, so that any of them can go in the place of another.
 *
 * @param id readable and stable for the model: the name of the weight or node that first computes
 *     the channels
 * @param width number of channels
 * @param members weights, in network order
 * @param values activations, in network order
 */
public record ChannelGroup(String id, int width, List<Member> members, List<ValueSite> values) {
  public ChannelGroup {
    members = List.copyOf(members);
    values = List.copyOf(values);
  }

  /** The members with one role, in network order. */
  public List<Member> members(Role role) {
    return members.stream().filter(m -> m.role() == role).toList();
  }
}
