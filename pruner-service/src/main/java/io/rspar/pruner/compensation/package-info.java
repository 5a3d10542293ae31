/**
 * Compensation: what a cut took away is re-absorbed, as far as it is linear, by the weights that
 * remain. No gradients, no labels.
 */
package io.rspar.pruner.compensation;
