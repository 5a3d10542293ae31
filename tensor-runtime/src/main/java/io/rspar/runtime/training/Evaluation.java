package io.rspar.runtime.training;

/**
 * How good a network is on a data set.
 *
 * @param top1 fraction of examples whose largest logit is the label's, 0…1
 * @param lossNats mean of −log p(label), in nats
 * @param samples examples seen
 */
public record Evaluation(double top1, double lossNats, int samples) {}
