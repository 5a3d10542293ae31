/**
 * What changes or judges a network over a data set: evaluation, fine-tuning, BatchNorm
 * re-calibration.
 */
package io.rspar.runtime.training;
