package io.rspar.graph.property;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Makes a failing list of choices smaller for as long as it fails (delta debugging: Zeller and
 * Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002): first
 * without runs of choices, then with smaller choices.
 */
final class Shrinker {
  private final Predicate<List<Integer>> fails;
  private int attemptsLeft;

  private Shrinker(Predicate<List<Integer>> fails, int attempts) {
    this.fails = fails;
    this.attemptsLeft = attempts;
  }

  /**
   * Shrinks.
   *
   * @param failing choices that fail
   * @param fails whether choices still fail
   * @param attempts how often {@code fails} may be asked
   * @return choices that fail, none longer than those given
   */
  static List<Integer> shrink(List<Integer> failing, Predicate<List<Integer>> fails, int attempts) {
    return new Shrinker(fails, attempts).run(failing);
  }

  private List<Integer> run(List<Integer> failing) {
    List<Integer> best = failing;
    List<Integer> before;
    do {
      before = best;
      best = lower(remove(best));
    } while (!best.equals(before) && attemptsLeft > 0);
    return best;
  }

  private List<Integer> remove(List<Integer> failing) {
    List<Integer> best = failing;
    for (int length = Math.max(1, best.size() / 2); length > 0; length /= 2) {
      for (int from = best.size() - length; from >= 0; from -= length) {
        List<Integer> shorter = new ArrayList<>(best.subList(0, from));
        shorter.addAll(best.subList(Math.min(best.size(), from + length), best.size()));
        if (stillFails(shorter)) {
          best = shorter;
        }
      }
    }
    return best;
  }

  private List<Integer> lower(List<Integer> failing) {
    List<Integer> best = failing;
    for (int i = 0; i < best.size(); i++) {
      for (int smaller : new int[] {0, best.get(i) / 2, best.get(i) - 1}) {
        if (smaller < best.get(i) && smaller >= 0) {
          List<Integer> lowered = new ArrayList<>(best);
          lowered.set(i, smaller);
          if (stillFails(lowered)) {
            best = lowered;
          }
        }
      }
    }
    return best;
  }

  private boolean stillFails(List<Integer> choices) {
    return attemptsLeft-- > 0 && fails.test(choices);
  }
}
