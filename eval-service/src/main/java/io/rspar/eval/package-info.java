/**
 * The evaluation service: accuracy on the request's data and latency on this device, and the reward
 * that follows.
 */
package io.rspar.eval;
