package io.rspar.graph.coupling;

/**
 * An activation's axis, of known extent, on which the channels of a group lie.
 *
 * @param indices {@code indices[channel]} are the indices on the axis that go with the channel
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
public record ValueSite(String value, int axis, int[][] indices) {}
