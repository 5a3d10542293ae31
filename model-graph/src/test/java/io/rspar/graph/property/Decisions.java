package io.rspar.graph.property;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The choices that make a random case, recorded, so that the case can be made again from them or
 * from fewer and smaller ones. 0 is always the simplest choice, and what follows the end of a list
 * is 0: cutting a list short makes a simpler case.
 */
final class Decisions {
  private final List<Integer> given;
  private final SplittableRandom random;
  private final List<Integer> made = new ArrayList<>();

  private Decisions(List<Integer> given, SplittableRandom random) {
    this.given = given;
    this.random = random;
  }

  /** Choices drawn from a seed. */
  static Decisions of(long seed) {
    return new Decisions(List.of(), new SplittableRandom(seed));
  }

  /** Choices of an earlier case. */
  static Decisions replay(List<Integer> made) {
    return new Decisions(made, null);
  }

  /** A number from 0 to {@code bound} − 1. */
  int next(int bound) {
    int choice;
    if (random != null) {
      choice = random.nextInt(bound);
    } else {
      choice = made.size() < given.size() ? Math.floorMod(given.get(made.size()), bound) : 0;
    }
    made.add(choice);
    return choice;
  }

  /** A number from {@code low} to {@code high}, the low ones being simpler. */
  int between(int low, int high) {
    return low + next(high - low + 1);
  }

  boolean yes() {
    return next(2) == 1;
  }

  @SafeVarargs
  final <T> T of(T... options) {
    return options[next(options.length)];
  }

  <T> T of(List<T> options) {
    return options.get(next(options.size()));
  }

  /** All choices so far. */
  List<Integer> made() {
    return List.copyOf(made);
  }
}
