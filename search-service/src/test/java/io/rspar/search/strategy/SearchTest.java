package io.rspar.search.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rspar.search.allocation.AllocationProblem;
import io.rspar.search.allocation.CurveOptimalAllocation;
import io.rspar.search.allocation.UniformAllocation;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SearchTest {
  private final ToyNetwork network = new ToyNetwork(1, 8, 32, 0.7);

  static Stream<Proposals> methods() {
    return Stream.of(
        new RuleProposals(new UniformAllocation()),
        new TemperedProposals(),
        new RandomProposals(3));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void everyProposalKeepsACountedLimitAndDependsOnWhatWasMeasuredAlone(Proposals method) {
    Search search = new Search(counted(0.5, 3, 4), method);
    List<Measured> measured = network.run(search);
    assertThat(measured).hasSize(12).allMatch(search.task().goal()::isMet);
    assertThat(search.propose(2, measured.subList(0, 8)))
        .as("later measurements do not matter")
        .usingRecursiveComparison()
        .isEqualTo(search.propose(2, measured));
    assertThat(search.winner(measured))
        .isEqualTo(
            measured.stream()
                .reduce((a, b) -> b.accuracy() > a.accuracy() ? b : a)
                .orElseThrow()
                .widths());
  }

  /** Latency does not follow MACs: only measurements lead to the limit, from either side. */
  @ParameterizedTest
  @ValueSource(doubles = {0.45, 0.6, 0.75, 0.9})
  void aMeasuredLimitIsMetWithinThreePercent(double limit) {
    for (Proposals method : methods().toList()) {
      MeasuredGoal goal = new MeasuredGoal(MeasuredGoal.Quantity.LATENCY, true, limit);
      Search search =
          new Search(new SearchTask(network.space(), goal, new SearchEffort(3, 4)), method);
      double reached = network.latencyRatio(search.winner(network.run(search)));
      assertThat(reached).as("%s", method).isBetween(0.97 * limit, limit);
    }
  }

  /** Latencies repeat to a percent or two. */
  @Test
  void whatKeepsALimitByAHairGivesWayToWhatKeepsItSafely() {
    Goal goal = new MeasuredGoal(MeasuredGoal.Quantity.LATENCY, true, 0.65);
    Measured hair = measured(0.880, 0.6485);
    Measured safe = measured(0.877, 0.632);
    Measured far = measured(0.800, 0.500);
    Measured above = measured(0.900, 0.66);
    assertThat(goal.best(List.of(hair, safe, far, above))).contains(safe);
    assertThat(goal.best(List.of(hair, far, above))).contains(hair);
    assertThat(goal.best(List.of(far, above))).contains(far);
    assertThat(goal.best(List.of(above))).contains(above);
  }

  private static Measured measured(double accuracy, double latencyRatio) {
    double unknown = Double.NaN;
    return new Measured(
        0, 0, new int[0], accuracy, 0.92, unknown, unknown, 0, latencyRatio, 2, unknown, unknown);
  }

  @Test
  void aLimitInMillisecondsIsTakenAgainstTheMeasuredOriginal() {
    MeasuredGoal goal = new MeasuredGoal(MeasuredGoal.Quantity.LATENCY, false, 1.4);
    Search search =
        new Search(
            new SearchTask(network.space(), goal, new SearchEffort(3, 4)), new TemperedProposals());
    double reachedMillis = 2 * network.latencyRatio(search.winner(network.run(search)));
    assertThat(reachedMillis).isBetween(0.97 * 1.4, 1.4);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.03, 0.1})
  void theFastestWithinALossOfAccuracyIsClosedInOn(double loss) {
    Goal goal = new AccuracyGoal(loss);
    Search search =
        new Search(
            new SearchTask(network.space(), goal, new SearchEffort(6, 4)), new TemperedProposals());
    List<Measured> measured = network.run(search);
    Measured best = goal.best(measured).orElseThrow();
    assertThat(best.denseAccuracy() - best.accuracy()).isLessThanOrEqualTo(loss);
    double missed =
        measured.stream()
            .filter(m -> !goal.isMet(m))
            .mapToDouble(Measured::latencyRatio)
            .filter(ratio -> ratio < best.latencyRatio())
            .max()
            .orElse(0);
    assertThat(missed)
        .as("a little faster loses too much")
        .isGreaterThan(0.93 * best.latencyRatio());
  }

  /** Measurements carry accuracy and cost apart, so another target is a matter of judging anew. */
  @Test
  void measurementsOfOneTargetServeAnother() {
    List<Measured> earlier = new ArrayList<>();
    for (Measured m : network.run(new Search(counted(0.4, 1, 4), new TemperedProposals()))) {
      earlier.add(network.measure(-1, m.index(), m.widths()));
    }
    Search other =
        new Search(
            new SearchTask(network.space(), counted(0.45, 1, 1).goal(), SearchEffort.NONE),
            new TemperedProposals());
    assertThat(other.winner(earlier))
        .isEqualTo(
            earlier.stream()
                .reduce((a, b) -> b.accuracy() > a.accuracy() ? b : a)
                .orElseThrow()
                .widths());
    Search tighter =
        new Search(
            new SearchTask(network.space(), counted(0.3, 1, 1).goal(), SearchEffort.NONE),
            new TemperedProposals());
    assertThat(tighter.task().goal().isMet(network.measure(0, 0, tighter.winner(earlier))))
        .as("where nothing measured keeps the limit, the winner does all the same")
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theTemperClosesInOnTheBest(long seed) {
    ToyNetwork toy = new ToyNetwork(seed, 8, 32, 0);
    SearchTask task = new SearchTask(toy.space(), counted(toy, 0.5), new SearchEffort(4, 4));
    List<Measured> measured = toy.run(new Search(task, new TemperedProposals()));
    AllocationProblem problem = task.limits(0, List.of()).get(0);
    double best = task.goal().best(measured).orElseThrow().accuracy();
    assertThat(best)
        .as("with curves that are right, temper 1 is")
        .isCloseTo(toy.accuracy(new CurveOptimalAllocation(1).allocate(problem)), within(0.002));
  }

  /** As long as any temper leads to widths that are not known. */
  @Test
  void curveOptimalMeasuresNothingTwice() {
    Search search = new Search(counted(0.5, 1, 4), new TemperedProposals());
    List<Measured> measured = network.run(search);
    List<Measured> earlier = new ArrayList<>();
    for (Measured m : measured) {
      assertThat(measured.stream().filter(o -> o.has(m.widths()))).hasSize(1);
      earlier.add(network.measure(-1, m.index(), m.widths()));
    }
    assertThat(search.propose(0, earlier))
        .hasSize(4)
        .allSatisfy(widths -> assertThat(earlier).noneMatch(m -> m.has(widths)));
  }

  private SearchTask counted(double share, int rounds, int candidates) {
    return new SearchTask(
        network.space(), counted(network, share), new SearchEffort(rounds, candidates));
  }

  private static Goal counted(ToyNetwork toy, double share) {
    long dense = toy.space().macs().applyAsLong(toy.space().full());
    return new CountedGoal(toy.space().macs(), (long) (share * dense));
  }
}
