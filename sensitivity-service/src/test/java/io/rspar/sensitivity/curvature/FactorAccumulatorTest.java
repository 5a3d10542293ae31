package io.rspar.sensitivity.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.graph.Node;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.runtime.Torch;
import io.rspar.runtime.layer.WeightedLayer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sums of outer products against one plain product in double precision. */
class FactorAccumulatorTest {
  private static final int OUTPUTS = 6;
  private static final int EXAMPLES = 40;

  private final NDManager manager = Torch.newManager();

  @AfterEach
  void close() {
    manager.close();
  }

  /** More rows than a panel has, so that the mirrored part is looked at too. */
  @Test
  void panelsMakeTheWholeProduct() {
    WeightedLayer layer = layer(1, 150, true);
    NDArray x = random(1, 150, EXAMPLES);
    NDArray g = random(1, OUTPUTS, EXAMPLES);
    LayerFactors factors = sums(layer, x, g, 2).factors();
    NDArray withOne = x.get(0).concat(manager.ones(new Shape(1, EXAMPLES)));
    assertThat(factors.a().get(0).matrix().toDoubleArray())
        .containsExactly(gram(withOne, 2.0 / EXAMPLES), within(1e-5));
    assertThat(factors.g(0).toDoubleArray())
        .containsExactly(gram(g.get(0), 2.0 / EXAMPLES), within(1e-5));
  }

  @Test
  void everyConvolutionGroupHasItsOwn() {
    WeightedLayer layer = layer(3, 5, true);
    NDArray x = random(3, 5, EXAMPLES);
    LayerFactors factors = sums(layer, x, random(3, OUTPUTS, EXAMPLES), 1).factors();
    assertThat(factors.a()).extracting(LayerFactors.InputBlock::group).containsExactly(0, 1, 2);
    for (int k = 0; k < 3; k++) {
      NDArray withOne = x.get(k).concat(manager.ones(new Shape(1, EXAMPLES)));
      assertThat(factors.a().get(k).matrix().toDoubleArray())
          .containsExactly(gram(withOne, 1.0 / EXAMPLES), within(1e-5));
    }
  }

  /** Whoever saw which examples: the sums are the same. */
  @Test
  void sumsOverDisjointExamplesAddUp() {
    WeightedLayer layer = layer(1, 80, true);
    NDArray x = random(1, 80, EXAMPLES);
    NDArray g = random(1, OUTPUTS, EXAMPLES);
    FactorAccumulator merged = sums(layer, part(x, 0, 13), part(g, 0, 13), 1);
    merged.merge(sums(layer, part(x, 13, EXAMPLES), part(g, 13, EXAMPLES), 1));
    LayerFactors factors = merged.factors();
    LayerFactors whole = sums(layer, x, g, 1).factors();
    assertThat(factors.samples()).isEqualTo(EXAMPLES);
    assertThat(factors.a().get(0).matrix().toDoubleArray())
        .containsExactly(whole.a().get(0).matrix().toDoubleArray(), within(1e-6));
    assertThat(factors.g(0).toDoubleArray())
        .containsExactly(whole.g(0).toDoubleArray(), within(1e-6));
  }

  @Test
  void sumsOfAnotherLayerAreRefused() {
    FactorAccumulator sums = new FactorAccumulator(manager, layer(1, 4, true), whole(4));
    FactorAccumulator other = new FactorAccumulator(manager, layer(1, 5, true), whole(5));
    assertThatThrownBy(() -> sums.merge(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("6 columns")
        .hasMessageContaining("5");
  }

  /** Blocks are those of the whole factor, and what they leave out is told. */
  @Test
  void aLargeFactorIsBlockDiagonalAndSaysWhatItLeavesOut() {
    int inputs = 12;
    int examples = 20_000;
    WeightedLayer layer = layer(1, inputs, true);
    int[][] channels = {{0, 6}, {1, 7}, {2, 8}, {3, 9}, {4, 10}, {5, 11}};
    ChannelGroup group =
        new ChannelGroup(
            "g",
            channels.length,
            List.of(new Member("layer", "Gemm", "w", 1, Role.CONSUMER, channels)),
            List.of());
    ColumnBlocks blocks = ColumnBlocks.of(layer, List.of(group), 5);
    assertThat(blocks.columns())
        .containsExactly(
            new int[] {0, 6, 1, 7}, new int[] {2, 8, 3, 9}, new int[] {4, 10, 5, 11, 12});
    NDArray mixing = random(1, inputs, inputs).get(0);
    NDArray x = mixing.matMul(random(1, inputs, examples).get(0)).expandDims(0);
    FactorAccumulator sums = new FactorAccumulator(manager, layer, blocks);
    for (int from = 0; from < examples; from += 100) {
      sums.addInputs(part(x, from, from + 100), 1);
    }
    sums.addGradients(random(1, OUTPUTS, 1), 1);
    sums.count(examples, 1);
    LayerFactors factors = sums.factors();

    double[] all = gram(x.get(0).concat(manager.ones(new Shape(1, examples))), 1.0 / examples);
    double within = 0;
    for (LayerFactors.InputBlock block : factors.a()) {
      int n = block.columns().length;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          double expected = all[block.columns()[i] * (inputs + 1) + block.columns()[j]];
          assertThat(block.matrix().getDouble(i, j)).isCloseTo(expected, within(1e-3));
          boolean intercept = block.columns()[i] == inputs || block.columns()[j] == inputs;
          within += intercept ? 0 : expected * expected;
        }
      }
    }
    double whole = 0;
    for (int i = 0; i < inputs; i++) {
      for (int j = 0; j < inputs; j++) {
        whole += all[i * (inputs + 1) + j] * all[i * (inputs + 1) + j];
      }
    }
    assertThat(factors.dropped()).isCloseTo(1 - within / whole, within(0.03)).isGreaterThan(0.1);
  }

  private FactorAccumulator sums(WeightedLayer layer, NDArray x, NDArray g, double weight) {
    FactorAccumulator sums = new FactorAccumulator(manager, layer, whole(layer.inputs()));
    sums.addInputs(x, weight);
    sums.addGradients(g, weight);
    sums.count(x.getShape().get(2), 1);
    return sums;
  }

  private static ColumnBlocks whole(int inputs) {
    return ColumnBlocks.of(layer(1, inputs, true), List.of(), Integer.MAX_VALUE);
  }

  private static WeightedLayer layer(int groups, int inputs, boolean intercept) {
    return new WeightedLayer(
        new Node("layer", "", "Gemm", List.of("x", "w"), List.of("y"), Map.of()),
        "w",
        groups,
        OUTPUTS,
        inputs,
        new long[0],
        intercept,
        new double[groups][OUTPUTS * (inputs + 1)]);
  }

  private NDArray random(long... shape) {
    return manager.randomNormal(new Shape(shape));
  }

  private static NDArray part(NDArray x, int from, int to) {
    return x.get(new NDIndex(":, :, {}:{}", from, to));
  }

  private static double[] gram(NDArray rows, double factor) {
    NDArray doubles = rows.toType(DataType.FLOAT64, false);
    return doubles.matMul(doubles.transpose()).mul(factor).toDoubleArray();
  }
}
