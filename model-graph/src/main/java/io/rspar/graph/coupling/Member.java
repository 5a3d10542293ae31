package io.rspar.graph.coupling;

import io.rspar.graph.op.Role;

/**
 * A weight's axis on which the channels of a group lie.
 *
 * @param nodeName node that reads the weight
 * @param opType operator of that node
 * @param tensor initialiser, or output of a {@code Constant} node
 * @param axis axis of the tensor, from 0
 * @param role what the axis is to the channels
 * @param indices {@code indices[channel]} are the indices on the axis that go with the channel
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
public record Member(
    String nodeName, String opType, String tensor, int axis, Role role, int[][] indices) {}
