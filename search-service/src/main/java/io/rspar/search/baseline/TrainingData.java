package io.rspar.search.baseline;

import io.rspar.runtime.data.Augmentation;
import io.rspar.runtime.data.Dataset;

/**
 * How weights are trained before the cut: SGD with momentum, the rate falling along half a cosine
 * to 0.
 *
 * @param train examples for the weights
 * @param validation examples for masks that are learned apart from the weights
 * @param augmentation of the training examples
 * @param steps batches of training examples
 * @param batchSize examples per step
 * @param learningRate at the first step
 * @param momentum of SGD
 * @param weightDecay on weights with two axes or more
 * @param labelSmoothing probability mass spread over all classes
 * @param seed of order, augmentation and noise
 */
public record TrainingData(
    Dataset train,
    Dataset validation,
    Augmentation augmentation,
    int steps,
    int batchSize,
    double learningRate,
    double momentum,
    double weightDecay,
    double labelSmoothing,
    long seed) {}
