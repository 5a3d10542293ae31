package io.rspar.graph.coupling;

/**
 * What lies on one axis of one tensor.
 *
 * <p>On an open axis, indices are those of its first period.
 *
 * @param group {@code group[index]} is the position of the group in {@link DependencyGraph#groups},
 *     or −1 where the index always stays
 * @param channel {@code channel[index]} is the channel of that group
 */
// Plain arrays: read in inner loops, never compared and never changed.
@SuppressWarnings("ArrayRecordComponent")
public record AxisChannels(int[] group, int[] channel) {}
