package io.rspar.graph.property;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
  @Test
  void whatDoesNotMatterGoes() {
    List<Integer> noise = IntStream.range(0, 200).map(i -> i * 37 % 11).boxed().toList();
    List<Integer> shrunk =
        Shrinker.shrink(
            noise, list -> list.indexOf(10) >= 0 && list.lastIndexOf(9) > list.indexOf(10), 10_000);
    assertThat(shrunk).containsExactly(10, 9);
  }

  @Test
  void numbersGetAsSmallAsTheyCan() {
    assertThat(Shrinker.shrink(List.of(5, 900, 7), list -> sum(list) >= 100, 10_000))
        .containsExactly(100);
  }

  @Test
  void itEndsWithTheAttempts() {
    int[] asked = {0};
    // Nothing smaller fails, so that there is always something left to try.
    Shrinker.shrink(List.of(1, 2, 3, 4, 5, 6, 7, 8), list -> ++asked[0] < 0, 5);
    assertThat(asked[0]).isEqualTo(5);
  }

  @Test
  void aReplayMakesTheSameChoices() {
    Decisions first = Decisions.of(42);
    List<Integer> drawn = IntStream.range(1, 50).map(first::next).boxed().toList();
    Decisions again = Decisions.replay(first.made());
    assertThat(IntStream.range(1, 50).map(again::next).boxed().toList()).isEqualTo(drawn);
    assertThat(again.next(7)).isZero();
  }

  private static int sum(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).sum();
  }
}
