/**
 * ONNX files in and out. Weights may lie in the file or beside it; what R-SPAR does not interpret
 * (subgraphs, metadata) is carried through unchanged.
 */
package io.rspar.graph.onnx;
