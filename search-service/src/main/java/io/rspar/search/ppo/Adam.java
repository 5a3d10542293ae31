package io.rspar.search.ppo;

/** Adam (Kingma and Ba 2015, arXiv 1412.6980), with the usual decay rates. */
public final class Adam {
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.999;
  private static final double EPSILON = 1e-5;

  private final double learningRate;
  private final double[] first;
  private final double[] second;
  private int steps;

  /**
   * @param parameters how many there are
   */
  public Adam(double learningRate, int parameters) {
    this.learningRate = learningRate;
    this.first = new double[parameters];
    this.second = new double[parameters];
  }

  /** Moves the parameters a step against the gradient. */
  public void step(double[] parameters, double[] gradient) {
    steps++;
    double correction1 = 1 - Math.pow(BETA_1, steps);
    double correction2 = 1 - Math.pow(BETA_2, steps);
    for (int i = 0; i < parameters.length; i++) {
      first[i] = BETA_1 * first[i] + (1 - BETA_1) * gradient[i];
      second[i] = BETA_2 * second[i] + (1 - BETA_2) * gradient[i] * gradient[i];
      parameters[i] -=
          learningRate * (first[i] / correction1) / (Math.sqrt(second[i] / correction2) + EPSILON);
    }
  }
}
