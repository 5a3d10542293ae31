package io.rspar.graph.cost;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.graph.Graph;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import org.junit.jupiter.api.Test;

class CostInBlocksTest {
  private static final int BLOCK = 16;

  /** 3×8×8 → 32 → 48 channels, global mean, 10 classes. */
  private final CostModel model = model();

  private static CostModel model() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.input("x", 1, 3, 8, 8);
    x = b.relu("relu1", b.conv("conv1", x, 3, 32, 3, 1));
    x = b.relu("relu2", b.conv("conv2", x, 32, 48, 3, 1));
    x = b.node("Flatten", "flat", b.node("GlobalAveragePool", "mean", x));
    b.output(b.linear("fc", x, 48, 10), 1, 10);
    Graph graph = b.build();
    return CostModel.of(graph, DependencyGraph.of(graph));
  }

  @Test
  void wholeBlocksCostWhatTheyAre() {
    int[] full = {32, 48};
    // Of the ten classes' block six are padding; an image's channels are taken as they are.
    long classes = 48 * 10;
    assertThat(model.macsInBlocks(full, BLOCK)).isEqualTo(model.macs(full) + 48 * 6);
    assertThat(model.unfilled(full, BLOCK)).isEqualTo(10);
    assertThat(model.macs(full)).isEqualTo(64 * 9 * (3 * 32 + 32 * 48) + classes);
  }

  @Test
  void aPartOfABlockCostsAsMuchAsAWholeOne() {
    assertThat(model.macsInBlocks(new int[] {17, 33}, BLOCK))
        .isEqualTo(model.macsInBlocks(new int[] {32, 48}, BLOCK));
    assertThat(model.macsInBlocks(new int[] {16, 48}, BLOCK))
        .isEqualTo(64 * 9 * (3 * 16 + 16 * 48) + 48 * 16);
  }

  @Test
  void outputsThatDoNotFillTheirBlocksAreCounted() {
    assertThat(model.unfilled(new int[] {20, 48}, BLOCK)).isEqualTo(20 * 64 + 10);
    assertThat(model.unfilled(new int[] {16, 40}, BLOCK)).isEqualTo(40 * 64 + 10);
  }
}
