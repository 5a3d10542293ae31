package io.rspar.search.ppo;

/**
 * Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438) of an episode that is
 * rewarded at its end.
 */
final class Advantages {
  private Advantages() {}

  /**
   * @param values what the critic expected at each step; behind the last it is 0
   * @param reward reward of the last step; the others have none
   * @return {@code A_t = Σ_k (γλ)^k δ_(t+k)} with {@code δ_t = r_t + γ V_(t+1) − V_t}, per step
   */
  static double[] of(double[] values, double reward, double discount, double lambda) {
    double[] advantages = new double[values.length];
    double next = 0;
    for (int t = values.length - 1; t >= 0; t--) {
      boolean last = t == values.length - 1;
      double delta = (last ? reward : discount * values[t + 1]) - values[t];
      next = delta + discount * lambda * next;
      advantages[t] = next;
    }
    return advantages;
  }
}
