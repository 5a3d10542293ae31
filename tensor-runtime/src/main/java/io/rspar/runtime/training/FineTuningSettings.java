package io.rspar.runtime.training;

/**
 * How a network is trained: SGD with momentum, the learning rate rising linearly to its peak and
 * then falling along half a cosine to 0 (Loshchilov and Hutter, "SGDR", ICLR 2017, without
 * restarts).
 *
 * @param epochs passes over the data; fractions end inside an epoch
 * @param batchSize examples per step
 * @param learningRate the highest
 * @param warmup share of the steps over which it rises, 0…1
 * @param momentum of SGD, 0…1
 * @param weightDecay L2 penalty, on weights with two axes or more; not on biases and normalisation
 * @param labelSmoothing ε, 0…1
 * @param cropPadding zero padding before a random crop (pixels); 0 = off
 * @param horizontalFlip whether half of the images are mirrored
 * @param seed of order and augmentation
 */
public record FineTuningSettings(
    double epochs,
    int batchSize,
    double learningRate,
    double warmup,
    double momentum,
    double weightDecay,
    double labelSmoothing,
    int cropPadding,
    boolean horizontalFlip,
    long seed) {

  public FineTuningSettings {
    require(epochs > 0 && Double.isFinite(epochs), "epochs", epochs, "above 0");
    require(batchSize > 0, "batchSize", batchSize, "1 or more");
    require(
        learningRate > 0 && Double.isFinite(learningRate), "learningRate", learningRate, "above 0");
    require(warmup >= 0 && warmup < 1, "warmup", warmup, "from 0 to below 1");
    require(momentum >= 0 && momentum < 1, "momentum", momentum, "from 0 to below 1");
    require(
        weightDecay >= 0 && Double.isFinite(weightDecay), "weightDecay", weightDecay, "0 or more");
    require(
        labelSmoothing >= 0 && labelSmoothing < 1,
        "labelSmoothing",
        labelSmoothing,
        "from 0 to below 1");
    require(cropPadding >= 0, "cropPadding", cropPadding, "0 or more");
  }

  /** Learning rate of a step, from 0. */
  double learningRate(int step, int steps) {
    int rising = (int) Math.round(warmup * steps);
    if (step < rising) {
      return learningRate * (step + 1) / (rising + 1);
    }
    return learningRate * (1 + Math.cos(Math.PI * (step - rising) / (steps - rising))) / 2;
  }

  /** No warm-up, momentum 0.9, weight decay 1e-4, no smoothing, no augmentation. */
  public static FineTuningSettings of(
      double epochs, int batchSize, double learningRate, long seed) {
    return new FineTuningSettings(epochs, batchSize, learningRate, 0, 0.9, 1e-4, 0, 0, false, seed);
  }

  private static void require(boolean holds, String name, double value, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + ", must be " + wanted);
    }
  }
}
