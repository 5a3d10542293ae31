package io.rspar.graph.op;

/** What a channel means to the axis of a weight. */
public enum Role {
  /** The axis's entries compute the channel: output rows of a weight, and its bias. */
  PRODUCER,
  /** The axis's entries read the channel: input columns of a weight. */
  CONSUMER,
  /**
   * The axis's entries act on each channel by itself: scale, shift and statistics of a
   * normalisation, a slope, a depthwise filter.
   */
  PARAMETER
}
