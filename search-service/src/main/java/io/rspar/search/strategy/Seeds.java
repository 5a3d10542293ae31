package io.rspar.search.strategy;

import java.util.Random;

/** Random numbers that depend on where they are used alone, so that a replay draws the same. */
public final class Seeds {
  private Seeds() {}

  /**
   * @param seed of the request
   * @param place what tells this use from every other: round, index, attempt
   */
  public static Random random(long seed, long... place) {
    long mixed = mix(seed);
    for (long part : place) {
      mixed = mix(mixed + 0x9E3779B97F4A7C15L * (part + 1));
    }
    return new Random(mixed);
  }

  /** The finaliser of SplitMix64 (Steele et al. 2014). */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
