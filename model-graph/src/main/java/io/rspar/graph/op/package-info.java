/**
 * What R-SPAR knows about ONNX operators. An operator is one small class that answers four
 * questions: which shapes leave the node, what it costs, which axes belong together, and what must
 * change in the node when axes get shorter. {@link io.rspar.graph.op.Operators} lists them.
 */
package io.rspar.graph.op;
