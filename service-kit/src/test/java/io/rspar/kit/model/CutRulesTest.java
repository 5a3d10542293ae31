package io.rspar.kit.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.CutConstraints;
import io.rspar.events.FailureReason;
import io.rspar.events.GroupCap;
import io.rspar.events.RoundingMode;
import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.kit.failure.WorkException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class CutRulesTest {
  /** Two groups: 20 channels of "first", 12 of "second". */
  private final Graph graph = network("second");

  private static Graph network(String name) {
    GraphBuilder g = new GraphBuilder(1);
    String x = g.input("x", -1, 4);
    String first = g.node("Gemm", "first", x, g.weight("first.weight", 4, 20));
    String second = g.node("Gemm", name, first, g.weight("second.weight", 20, 12));
    g.output(g.node("Gemm", "last", second, g.weight("last.weight", 12, 3)), -1, 3);
    return g.build();
  }

  private int[] widths(int group, CutConstraints.Builder constraints) {
    return CutRules.allowedWidths(
        CutRules.groups(graph, constraints.build()).groups().get(group), constraints.build());
  }

  private static CutConstraints.Builder multiplesOfFour() {
    return CutConstraints.newBuilder().setChannelMultiple(4);
  }

  private static List<GroupCap> caps(Object... groupsAndRatios) {
    List<GroupCap> caps = new ArrayList<>();
    for (int i = 0; i < groupsAndRatios.length; i += 2) {
      caps.add(new GroupCap((String) groupsAndRatios[i], (Double) groupsAndRatios[i + 1]));
    }
    return caps;
  }

  @Test
  void widthsAreMultiplesWithinTheRatio() {
    assertThat(widths(0, multiplesOfFour())).containsExactly(4, 8, 12, 16, 20);
    assertThat(widths(0, multiplesOfFour().setMaxRatio(0.5))).containsExactly(12, 16, 20);
    assertThat(widths(0, multiplesOfFour().setMinChannels(5))).containsExactly(8, 12, 16, 20);
    assertThat(widths(1, multiplesOfFour().setChannelMultiple(5).setRounding(RoundingMode.UP)))
        .containsExactly(5, 10, 12);
  }

  @Test
  void aCapBindsTheGroupsItMatchesAndTheLeastOfSeveralCounts() {
    CutConstraints.Builder capped =
        multiplesOfFour().setCaps(caps("first", 0.5, "^fir", 0.3, "nothing", 0.0));
    assertThat(widths(0, capped)).containsExactly(16, 20);
    assertThat(widths(1, capped)).containsExactly(4, 8, 12);
  }

  @Test
  void excludedLayersAreLeftAlone() {
    assertThat(
            CutRules.groups(graph, multiplesOfFour().setExclude(List.of("^second$")).build())
                .groups())
        .extracting(ChannelGroup::width)
        .containsExactly(20);
  }

  /** A backtracking matcher is at it for years; the first bomb takes gigabytes when compiled. */
  @Test
  @Timeout(60)
  void aHostileExpressionCostsNothing() {
    List<String> forever = List.of("^(s+)+$", "^(s|ss|sss)*$");
    Graph longNames = network("s".repeat(5000) + "!");
    assertThat(CutRules.groups(longNames, multiplesOfFour().setExclude(forever).build()).groups())
        .hasSize(2);
    for (String bomb : List.of("((((a{0,99}){0,99}){0,99}){0,99})", "a".repeat(2000))) {
      assertThatThrownBy(() -> widths(0, multiplesOfFour().setExclude(List.of(bomb))))
          .isInstanceOfSatisfying(
              WorkException.class,
              e -> assertThat(e.reason()).isEqualTo(FailureReason.INVALID_REQUEST))
          .hasMessageContaining("constraints.exclude");
    }
    assertThatThrownBy(
            () -> widths(0, multiplesOfFour().setExclude(Collections.nCopies(1001, "a"))))
        .hasMessageContaining("1001 entries");
  }

  @Test
  void whatIsNoExpressionOrNoShareIsNamed() {
    assertThatThrownBy(() -> widths(0, multiplesOfFour().setCaps(caps("(", 0.5))))
        .isInstanceOfSatisfying(
            WorkException.class,
            e -> assertThat(e.reason()).isEqualTo(FailureReason.INVALID_REQUEST))
        .hasMessageContaining("constraints.caps: '('");
    assertThatThrownBy(() -> widths(0, multiplesOfFour().setCaps(caps("first", 1.5))))
        .hasMessageContaining("first")
        .hasMessageContaining("1.5");
    assertThatThrownBy(() -> widths(0, multiplesOfFour().setExclude(List.of("["))))
        .hasMessageContaining("constraints.exclude: '['");
  }
}
