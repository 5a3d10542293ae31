package io.rspar.runtime.kernel;

import io.rspar.graph.Node;

/** Binds an operator to a node. */
@FunctionalInterface
interface KernelFactory {
  /**
   * Reads the node's attributes.
   *
   * @param opset version of ONNX's operator set
   * @throws io.rspar.graph.InvalidModelException UNSUPPORTED if the node uses a form of the
   *     operator that is not implemented
   */
  Kernel bind(Node node, long opset);
}
