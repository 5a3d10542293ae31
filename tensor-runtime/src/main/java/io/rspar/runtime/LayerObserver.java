package io.rspar.runtime;

import ai.djl.ndarray.NDArray;
import io.rspar.graph.Node;

/** Receives what a layer saw of one batch. */
@FunctionalInterface
public interface LayerObserver {
  /**
   * Called once per batch and observed node. The arrays are closed after the call.
   *
   * @param node the layer
   * @param input as the node saw it: N×C×H×W, or N×…×K for Gemm and MatMul
   * @param outputGradient gradient of the summed per-example loss with respect to the node's
   *     output, so the n-th entry is the gradient of example n's own loss
   */
  void onLayer(Node node, NDArray input, NDArray outputGradient);
}
