package io.rspar.search.rspar;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.search.ppo.PpoSettings;
import io.rspar.search.strategy.CountedGoal;
import io.rspar.search.strategy.Goal;
import io.rspar.search.strategy.Measured;
import io.rspar.search.strategy.MeasuredGoal;
import io.rspar.search.strategy.Proposals;
import io.rspar.search.strategy.RandomProposals;
import io.rspar.search.strategy.Search;
import io.rspar.search.strategy.SearchEffort;
import io.rspar.search.strategy.SearchTask;
import io.rspar.search.strategy.TemperedProposals;
import io.rspar.search.strategy.ToyNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RsparProposalsTest {
  private static final SearchEffort EFFORT = new SearchEffort(5, 8);

  /** At as many evaluations as the controls, on networks whose curves mislead, over five seeds. */
  @Test
  void beatsTheControlsAtEqualEvaluations() {
    double rspar = 0;
    double curves = 0;
    double random = 0;
    for (long seed = 1; seed <= 5; seed++) {
      ToyNetwork network = new ToyNetwork(seed, 8, 32, 0.7);
      double own = best(network, rspar(seed));
      double fromCurves = best(network, new TemperedProposals());
      assertThat(own)
          .as("seed %d: begins where the control ends", seed)
          .isGreaterThanOrEqualTo(fromCurves - 0.001);
      rspar += own;
      curves += fromCurves;
      random += best(network, new RandomProposals(seed));
    }
    assertThat(rspar).isGreaterThan(curves).isGreaterThan(random);
  }

  @Test
  void measuresNothingTwiceAndReplaysTheSame() {
    ToyNetwork network = new ToyNetwork(2, 8, 32, 0.7);
    Search search = search(network, rspar(2));
    List<Measured> measured = network.run(search);
    List<Measured> played = measured.stream().filter(m -> m.round() > 0).toList();
    for (Measured m : played) {
      assertThat(measured.stream().filter(o -> Arrays.equals(o.widths(), m.widths())))
          .as("round %d, candidate %d", m.round(), m.index())
          .hasSize(1);
    }
    assertThat(network.run(search)).usingRecursiveComparison().isEqualTo(measured);
    assertThat(network.run(search(network, rspar(3))))
        .as("another seed")
        .usingRecursiveComparison()
        .isNotEqualTo(measured);
  }

  @Test
  void aFailedCandidateTeachesNothingAndStopsNothing() {
    ToyNetwork network = new ToyNetwork(2, 8, 32, 0.7);
    Search search = search(network, rspar(2));
    List<Measured> measured = new ArrayList<>(network.run(search));
    measured.removeIf(m -> m.round() == 1 && m.index() % 2 == 0);
    assertThat(search.propose(2, measured)).hasSize(EFFORT.candidatesPerRound());
    measured.removeIf(m -> m.round() <= 1);
    assertThat(search.propose(2, measured)).hasSize(EFFORT.candidatesPerRound());
  }

  /** What an earlier request measured takes the place of the first round, under any target. */
  @Test
  void takesUpWhereAnEarlierRequestEnded() {
    ToyNetwork network = new ToyNetwork(4, 8, 32, 0.7);
    List<Measured> earlier = new ArrayList<>();
    for (Measured m : network.run(search(network, rspar(4)))) {
      earlier.add(network.measure(-1, m.index(), m.widths()));
    }
    MeasuredGoal latency = new MeasuredGoal(MeasuredGoal.Quantity.LATENCY, true, 0.7);
    for (Goal goal : List.of(counted(network, 0.5), counted(network, 0.4), latency)) {
      Search next =
          new Search(new SearchTask(network.space(), goal, new SearchEffort(2, 4)), rspar(5));
      assertThat(next.propose(0, earlier))
          .hasSize(4)
          .allSatisfy(
              widths -> assertThat(earlier).noneMatch(m -> Arrays.equals(m.widths(), widths)));
    }
  }

  private static Proposals rspar(long seed) {
    return new RsparProposals(seed, PpoSettings.DEFAULT, 16);
  }

  private static double best(ToyNetwork network, Proposals method) {
    Search search = search(network, method);
    return network.accuracy(search.winner(network.run(search)));
  }

  private static Search search(ToyNetwork network, Proposals method) {
    return new Search(new SearchTask(network.space(), counted(network, 0.5), EFFORT), method);
  }

  private static Goal counted(ToyNetwork network, double share) {
    long dense = network.space().macs().applyAsLong(network.space().full());
    return new CountedGoal(network.space().macs(), (long) (share * dense));
  }
}
