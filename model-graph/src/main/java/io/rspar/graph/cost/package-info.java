/** Multiply-accumulate operations and parameters: of a graph, and of a graph as it would be cut. */
package io.rspar.graph.cost;
