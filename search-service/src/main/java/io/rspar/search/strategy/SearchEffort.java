package io.rspar.search.strategy;

/**
 * How many candidates are measured before the final one.
 *
 * @param rounds rounds, each waits for the rewards of the one before
 * @param candidatesPerRound candidates in flight at once
 */
public record SearchEffort(int rounds, int candidatesPerRound) {
  public static final SearchEffort NONE = new SearchEffort(0, 0);

  public SearchEffort {
    if (rounds < 0 || candidatesPerRound < 0 || (rounds > 0) != (candidatesPerRound > 0)) {
      throw new IllegalArgumentException(
          "rounds and candidates per round are both positive or both 0, not %d and %d"
              .formatted(rounds, candidatesPerRound));
    }
  }

  public int candidates() {
    return rounds * candidatesPerRound;
  }
}
