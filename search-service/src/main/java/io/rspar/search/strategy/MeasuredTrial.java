package io.rspar.search.strategy;

/**
 * A trial and what came of it.
 *
 * @param accuracy validation accuracy, share of examples
 * @param latencyRatio measured median latency over the original's
 * @param denseMillis measured median latency of the original, in milliseconds
 * @param reward the evaluator's reward
 */
public record MeasuredTrial(
    Trial trial, double accuracy, double latencyRatio, double denseMillis, double reward) {}
