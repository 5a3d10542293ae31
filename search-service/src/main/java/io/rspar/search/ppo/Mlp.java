package io.rspar.search.ppo;

import java.util.Random;

/**
 * The shape of a fully connected network with tanh between its layers and a linear output. The
 * weights are a stretch of a parameter vector that the caller owns: per layer the matrix (outputs ×
 * inputs, row by row), then the biases.
 */
final class Mlp {
  private final int[] sizes;
  private final int offset;

  /**
   * @param offset where its weights begin in the parameter vector
   * @param sizes units per layer, the input first
   */
  Mlp(int offset, int... sizes) {
    this.sizes = sizes.clone();
    this.offset = offset;
  }

  /** Index behind its last weight. */
  int end() {
    int end = offset;
    for (int layer = 1; layer < sizes.length; layer++) {
      end += sizes[layer] * (sizes[layer - 1] + 1);
    }
    return end;
  }

  /**
   * Draws weights with variance 1 ⁄ inputs, biases 0.
   *
   * @param outputScale factor for the last layer: small, and the network begins close to 0
   */
  void initialise(double[] parameters, double outputScale, Random random) {
    int at = offset;
    for (int layer = 1; layer < sizes.length; layer++) {
      double scale = (layer == sizes.length - 1 ? outputScale : 1) / Math.sqrt(sizes[layer - 1]);
      for (int i = 0; i < sizes[layer] * sizes[layer - 1]; i++) {
        parameters[at++] = scale * random.nextGaussian();
      }
      at += sizes[layer];
    }
  }

  /**
   * @return what every layer puts out, the input first
   */
  double[][] forward(double[] parameters, double[] input) {
    double[][] outputs = new double[sizes.length][];
    outputs[0] = input;
    int at = offset;
    for (int layer = 1; layer < sizes.length; layer++) {
      double[] in = outputs[layer - 1];
      double[] out = new double[sizes[layer]];
      int biases = at + out.length * in.length;
      for (int o = 0; o < out.length; o++) {
        double sum = parameters[biases + o];
        for (int i = 0; i < in.length; i++) {
          sum += parameters[at++] * in[i];
        }
        out[o] = layer < sizes.length - 1 ? Math.tanh(sum) : sum;
      }
      at = biases + out.length;
      outputs[layer] = out;
    }
    return outputs;
  }

  /**
   * Back-propagates.
   *
   * @param outputs of {@link #forward} with the same parameters
   * @param outputGradient derivative of the loss by the network's output
   * @param gradient derivative of the loss by the parameters; is added to
   */
  void backward(
      double[] parameters, double[][] outputs, double[] outputGradient, double[] gradient) {
    double[] delta = outputGradient;
    int at = end();
    for (int layer = sizes.length - 1; layer > 0; layer--) {
      double[] in = outputs[layer - 1];
      at -= delta.length * (in.length + 1);
      double[] below = new double[in.length];
      for (int o = 0; o < delta.length; o++) {
        int row = at + o * in.length;
        for (int i = 0; i < in.length; i++) {
          gradient[row + i] += delta[o] * in[i];
          below[i] += delta[o] * parameters[row + i];
        }
        gradient[at + delta.length * in.length + o] += delta[o];
      }
      for (int i = 0; i < below.length; i++) {
        below[i] *= 1 - in[i] * in[i]; // tanh; unused below the first layer
      }
      delta = below;
    }
  }
}
