package io.rspar.sensitivity.curvature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.rspar.events.FailureReason;
import io.rspar.graph.Node;
import io.rspar.graph.coupling.ChannelGroup;
import io.rspar.graph.coupling.Member;
import io.rspar.graph.op.Role;
import io.rspar.kit.failure.WorkException;
import io.rspar.runtime.Torch;
import io.rspar.runtime.layer.WeightedLayer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** Whoever saw which examples: the sums are the same, to the last digits of their addition. */
  @ParameterizedTest
  @CsvSource({"1, 80, true", "1, 600, false", "3, 70, true", "4, 9, false"})
  void sumsOverDisjointExamplesAddUp(int groups, int inputs, boolean intercept) throws IOException {
    WeightedLayer layer = layer(groups, inputs, intercept);
    NDArray x = random(groups, inputs, EXAMPLES);
    NDArray g = random(groups, OUTPUTS, EXAMPLES);
    FactorAccumulator merged = empty(layer);
    FactorAccumulator whole = empty(layer);
    for (int from = 0; from < EXAMPLES; from += 10) {
      NDArray someX = part(x, from, from + 10);
      NDArray someG = part(g, from, from + 10);
      merged.add(new SumsInput(new ByteArrayInputStream(written(sums(layer, someX, someG, 1)))));
      whole.addInputs(someX, 1);
      whole.addGradients(someG, 1);
      whole.count(10, 1);
    }
    LayerFactors factors = merged.factors();
    LayerFactors expected = whole.factors();
    assertThat(factors.samples()).isEqualTo(EXAMPLES);
    assertThat(factors.positions()).isEqualTo(1);
    for (int k = 0; k < groups; k++) {
      assertThat(factors.a().get(k).matrix().toDoubleArray())
          .containsExactly(expected.a().get(k).matrix().toDoubleArray(), within(1e-13));
    }
    assertThat(factors.g().toDoubleArray())
        .containsExactly(expected.g().toDoubleArray(), within(1e-13));
  }

  /** What a panel leaves out is not written either. */
  @Test
  void aFileHoldsLittleMoreThanTheTriangle() throws IOException {
    WeightedLayer layer = layer(1, 640, false);
    long bytes = written(empty(layer)).length;
    assertThat(bytes).isBetween(4L * 640 * 640, (long) (4.6 * 640 * 640));
  }

  @Test
  void sumsOfAnotherLayerAreRefused() throws IOException {
    byte[] other = written(empty(layer(1, 5, true)));
    assertUnusable(layer(1, 4, true), other, "number of columns is 6, not 5");
    assertUnusable(layer(2, 5, true), other, "number of convolution groups is 1, not 2");
  }

  @Test
  void damagedSumsAreRefused() throws IOException {
    WeightedLayer layer = layer(1, 4, true);
    byte[] good = written(sums(layer, random(1, 4, EXAMPLES), random(1, OUTPUTS, EXAMPLES), 1));
    assertUnusable(layer, Arrays.copyOf(good, good.length - 1), "end too early");
    ByteBuffer bad = ByteBuffer.wrap(good.clone());
    bad.putDouble(good.length - 3 * Double.BYTES, Double.NaN);
    assertUnusable(layer, bad.array(), "one of them is NaN");
  }

  private void assertUnusable(WeightedLayer layer, byte[] sums, String why) {
    assertThatThrownBy(() -> empty(layer).add(new SumsInput(new ByteArrayInputStream(sums))))
        .isInstanceOf(WorkException.class)
        .hasMessageContaining(why)
        .extracting(e -> ((WorkException) e).reason())
        .isEqualTo(FailureReason.ARTIFACT_CORRUPT);
  }

  private static byte[] written(FactorAccumulator sums) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SumsOutput out = new SumsOutput(bytes);
    sums.write(out);
    out.flush();
    return bytes.toByteArray();
  }

  private FactorAccumulator empty(WeightedLayer layer) {
    return new FactorAccumulator(
        manager, layer, ColumnBlocks.of(layer, List.of(), Integer.MAX_VALUE));
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
    FactorAccumulator sums = empty(layer);
    sums.addInputs(x, weight);
    sums.addGradients(g, weight);
    sums.count(x.getShape().get(2), 1);
    return sums;
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
