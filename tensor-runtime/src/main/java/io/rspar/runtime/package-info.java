/**
 * Runs a graph as a network on the PyTorch engine: forward passes, gradients, and what its layers
 * see.
 */
package io.rspar.runtime;
