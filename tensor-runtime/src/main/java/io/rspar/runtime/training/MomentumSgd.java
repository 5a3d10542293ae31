package io.rspar.runtime.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.rspar.runtime.Torch;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum, over the engine's fused update. DJL's {@code Sgd}
 * keeps its momentum for the life of the process and knows one weight decay; this one is closed
 * after a run and decays weights only.
 *
 * <p>v ← μ·v + η·(g + λ·w), w ← w − v, with λ = 0 for tensors that have fewer than two axes longer
 * than 1.
 */
public final class MomentumSgd implements AutoCloseable {
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> weights;
  private final Map<String, NDArray> velocities = new LinkedHashMap<>();
  private final float momentum;
  private final float weightDecay;

  /**
   * @param weights trained weights by name, which require gradients when {@link #step} is called
   * @param momentum μ
   * @param weightDecay λ
   */
  public MomentumSgd(Map<String, NDArray> weights, double momentum, double weightDecay) {
    this.weights = weights;
    this.momentum = (float) momentum;
    this.weightDecay = (float) weightDecay;
    weights.forEach((name, weight) -> velocities.put(name, manager.zeros(weight.getShape())));
  }

  /** What each weight moved by last, live. */
  Map<String, NDArray> velocities() {
    return velocities;
  }

  /** Moves every weight by its gradient and sets the gradient to 0. */
  public void step(float learningRate) {
    weights.forEach(
        (name, weight) -> {
          try (NDArray gradient = weight.getGradient()) {
            NDArray velocity = velocities.get(name);
            float decay = isMatrix(weight) ? weightDecay : 0;
            weight
                .getNDArrayInternal()
                .sgdUpdate(
                    new NDList(weight, gradient, velocity),
                    new NDList(weight),
                    learningRate,
                    decay,
                    1,
                    -1,
                    momentum,
                    false);
            gradient.subi(gradient);
          }
        });
  }

  private static boolean isMatrix(NDArray weight) {
    int axes = 0;
    for (long dim : weight.getShape().getShape()) {
      axes += dim > 1 ? 1 : 0;
    }
    return axes >= 2;
  }

  @Override
  public void close() {
    manager.close();
  }
}
