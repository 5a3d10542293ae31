package io.rspar.runtime.training;

/**
 * What a training run did.
 *
 * @param steps updates of the weights
 * @param examples examples seen, repeats counted
 * @param lastLossNats loss of the last batch, before its update
 */
public record TrainingSummary(int steps, long examples, double lastLossNats) {}
