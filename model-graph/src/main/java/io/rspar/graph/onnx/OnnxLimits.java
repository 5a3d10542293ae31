package io.rspar.graph.onnx;

/**
 * Bounds on what the reader accepts, so that a hostile or damaged file fails early and cheaply.
 *
 * @param maxFileBytes size of the model file without external data; protobuf itself ends at 2 GiB
 * @param maxNodes nodes in the main graph
 * @param maxNesting depth of subgraphs within subgraphs
 * @param maxRank axes of one tensor
 * @param maxExpandedBytes what all sparse tensors together take when they are dense: a few bytes of
 *     a file can claim gigabytes
 */
public record OnnxLimits(
    long maxFileBytes, int maxNodes, int maxNesting, int maxRank, long maxExpandedBytes) {
  /** Generous for every published network; ONNX Runtime has the same 2 GiB bound. */
  public static final OnnxLimits DEFAULT =
      new OnnxLimits(Integer.MAX_VALUE - 8L, 200_000, 16, 16, 256L << 20);
}
