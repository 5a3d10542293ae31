/**
 * Latency as users will see it: the exported models in ONNX Runtime, original and pruned measured
 * in alternation, with their spread.
 */
package io.rspar.eval.latency;
