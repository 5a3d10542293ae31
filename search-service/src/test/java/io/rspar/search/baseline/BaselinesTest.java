package io.rspar.search.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.graph.Graph;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.score.GroupNorm;
import io.rspar.kit.sensitivity.GroupSensitivity;
import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.ChannelChoice;
import io.rspar.search.allocation.UnreachableTargetException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BaselinesTest {
  private static final int STEPS = 6;
  private static final Subject SUBJECT = Demo.subject(0.5);

  static Stream<Arguments> methods() {
    GroupNorm l2 = new GroupNorm(2, GroupNorm.Reduction.MEAN);
    return Stream.of(
        Arguments.of(new DepGraph(true, 1, Optional.of(l2)), false),
        Arguments.of(new DepGraph(true, 3, Optional.of(l2)), false),
        Arguments.of(new DepGraph(false, 3, Optional.of(l2)), false),
        Arguments.of(new Jtp(Demo.data(STEPS, 1), 5, 0.1), true),
        Arguments.of(new BiLevel(Demo.data(STEPS, 1), 2, 0.1, 2), true),
        Arguments.of(new StructAlign(Demo.data(STEPS, 1), 0.5, 3), true),
        Arguments.of(new Udfc(), false));
  }

  static Stream<Baseline> trainers() {
    return methods().filter(m -> (boolean) m.get()[1]).map(m -> (Baseline) m.get()[0]);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void theBudgetIsMetAndUsedAndAReplayGivesTheSame(Baseline method, boolean trains) {
    Prepared prepared = method.prepare(SUBJECT, Demo.QUIET);
    AllocationProblem target = SUBJECT.target();
    int[] widths = prepared.policy().allocate(target);
    assertThat(target.isWithinLimit(widths)).isTrue();
    for (int g = 0; g < widths.length; g++) {
      assertThat(target.widths()[g]).contains(widths[g]);
    }
    assertThat((double) target.cost().applyAsLong(widths))
        .as("what the budget allows is used")
        .isGreaterThan(0.8 * target.limit());

    Prepared again = method.prepare(SUBJECT, Demo.QUIET);
    assertThat(again.policy().allocate(target)).isEqualTo(widths);
    for (int g = 0; g < widths.length; g++) {
      assertThat(prepared.choice().kept(prepared.groups().get(g), widths[g]))
          .isEqualTo(again.choice().kept(again.groups().get(g), widths[g]))
          .doesNotHaveDuplicates()
          .hasSize(widths[g]);
    }
    assertThat(prepared.trained().isPresent()).isEqualTo(trains);
    prepared
        .trained()
        .ifPresent(
            graph ->
                assertThat(OnnxWriter.toBytes(graph))
                    .isEqualTo(OnnxWriter.toBytes(again.trained().orElseThrow()))
                    .isNotEqualTo(OnnxWriter.toBytes(Demo.GRAPH)));
  }

  @Test
  void anotherSeedTrainsOtherWeights() {
    Graph one =
        new Jtp(Demo.data(2, 1), 5, 0.1).prepare(SUBJECT, Demo.QUIET).trained().orElseThrow();
    Graph two =
        new Jtp(Demo.data(2, 2), 5, 0.1).prepare(SUBJECT, Demo.QUIET).trained().orElseThrow();
    assertThat(OnnxWriter.toBytes(one)).isNotEqualTo(OnnxWriter.toBytes(two));
  }

  @Test
  void temperaturesFallFromOneToAHundredth() {
    assertThat(Jtp.temperature(0, 10)).isEqualTo(1);
    assertThat(Jtp.temperature(9, 10)).isEqualTo(0.01);
    assertThat(Jtp.temperature(4, 10)).isBetween(Jtp.temperature(5, 10), Jtp.temperature(3, 10));
  }

  /** Without a weight on the cost nothing but the task loss can have told channels apart. */
  @Test
  void theTaskLossAloneRanksChannels() {
    Prepared prepared = new BiLevel(Demo.data(STEPS, 1), 0, 0.1, 1).prepare(SUBJECT, Demo.QUIET);
    for (GroupSensitivity group : prepared.groups()) {
      assertThat(Arrays.stream(group.scores()).distinct().count()).isGreaterThan(1);
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void anUnreachableTargetIsRefusedBeforeAnyTraining(Baseline method, boolean trains) {
    assertThatThrownBy(
            () ->
                method.prepare(
                    Demo.subject(0.001),
                    (share, detail) -> {
                      throw new AssertionError("trained: " + detail);
                    }))
        .isInstanceOf(UnreachableTargetException.class);
  }

  @ParameterizedTest
  @MethodSource("trainers")
  void trainingTellsOfEveryStepAndEndsWhereItIsTold(Baseline method) {
    AtomicInteger reports = new AtomicInteger();
    assertThatThrownBy(
            () ->
                method.prepare(
                    SUBJECT,
                    (share, detail) -> {
                      assertThat(share).isBetween(0.0, 1.0);
                      if (reports.incrementAndGet() == 2) {
                        throw new CancellationException(detail);
                      }
                    }))
        .isInstanceOf(CancellationException.class)
        .hasMessageContaining("step 2 of " + STEPS);
  }

  /** A kept channel's norm counts what it exchanges with channels that went no more. */
  @Test
  void aCutInPartsScoresWhatIsLeft() {
    Prepared once =
        new DepGraph(true, 1, Optional.of(new GroupNorm(2, GroupNorm.Reduction.MEAN)))
            .prepare(SUBJECT, Demo.QUIET);
    Prepared inParts =
        new DepGraph(true, 5, Optional.of(new GroupNorm(2, GroupNorm.Reduction.MEAN)))
            .prepare(SUBJECT, Demo.QUIET);
    assertThat(
            IntStream.range(0, once.groups().size())
                .filter(
                    g ->
                        !Arrays.equals(
                            once.groups().get(g).removalOrder(),
                            inParts.groups().get(g).removalOrder())))
        .isNotEmpty();
  }

  @Test
  void udfcSpreadsTheKeptChannelsOverTheRanking() {
    double[] scores = IntStream.range(0, 12).mapToDouble(c -> (c * 5) % 12).toArray();
    GroupSensitivity group = GroupSensitivity.additive("g", scores);
    assertThat(ranks(group, 4)).containsExactly(1, 4, 7, 10);
    assertThat(ranks(group, 12)).isEqualTo(IntStream.range(0, 12).boxed().toList());
    assertThat(ranks(group, 1)).containsExactly(6);
    assertThat(ranks(group, 8)).doesNotHaveDuplicates().hasSize(8);
  }

  private static List<Integer> ranks(GroupSensitivity group, int width) {
    int[] order = group.removalOrder();
    return Arrays.stream(ChannelChoice.EVENLY_SPREAD.kept(group, width))
        .map(
            channel ->
                IntStream.range(0, order.length)
                    .filter(r -> order[r] == channel)
                    .findFirst()
                    .orElseThrow())
        .sorted()
        .boxed()
        .toList();
  }
}
