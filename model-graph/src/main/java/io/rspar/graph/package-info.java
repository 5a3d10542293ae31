/**
 * A neural network as data: an immutable graph of nodes, typed values and constant tensors, in the
 * terms of ONNX. Nothing here executes, reads or writes.
 */
package io.rspar.graph;
