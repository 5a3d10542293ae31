/**
 * ONNX operators as functions over arrays of the PyTorch engine, each bound once to a node. Knows
 * nothing of networks, training or data.
 */
package io.rspar.runtime.kernel;
