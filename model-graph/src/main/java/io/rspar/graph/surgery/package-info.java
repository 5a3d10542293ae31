/**
 * Cuts channels out of a graph: what stays is a smaller graph that computes what the original
 * computes when the removed channels are zeroed where they are consumed.
 */
package io.rspar.graph.surgery;
