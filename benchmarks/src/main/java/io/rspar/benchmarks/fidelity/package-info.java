/**
 * How well scores predict what they claim to: the loss change of removing one channel, and the loss
 * of a network from which many were removed.
 */
package io.rspar.benchmarks.fidelity;
