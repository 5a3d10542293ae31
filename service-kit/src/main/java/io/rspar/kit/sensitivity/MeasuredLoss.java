package io.rspar.kit.sensitivity;

/**
 * What a cut of one group alone costs, measured.
 *
 * @param width channels kept
 * @param nats Kullback-Leibler divergence of the cut network's predictions from the original's,
 *     mean over examples that were not trained on
 */
public record MeasuredLoss(int width, double nats) {}
