package io.rspar.runtime.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import io.rspar.graph.Attribute;
import io.rspar.graph.Node;
import io.rspar.runtime.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchGeometryTest {

  /** A convolution is the product of its flattened weight and the patches of its input. */
  @ParameterizedTest
  @CsvSource({
    "3, 3, 1, 1, 1, 1",
    "3, 3, 2, 1, 1, 1",
    "1, 1, 1, 1, 0, 0",
    "1, 1, 2, 1, 0, 0",
    "5, 3, 1, 2, 2, 1",
    "2, 2, 2, 1, 0, 0"
  })
  void weightTimesPatchesIsTheConvolution(
      int kernelHeight, int kernelWidth, int stride, int dilation, int padY, int padX) {
    try (NDManager manager = Torch.newManager()) {
      NDArray x = manager.randomNormal(new Shape(2, 3, 9, 8));
      NDArray w = manager.randomNormal(new Shape(4, 3, kernelHeight, kernelWidth));
      NDArray expected =
          Conv2d.conv2d(
                  x,
                  w,
                  null,
                  new Shape(stride, stride),
                  new Shape(padY, padX),
                  new Shape(dilation, dilation))
              .singletonOrThrow();
      Node conv =
          new Node(
              "conv",
              "",
              "Conv",
              List.of("x", "w"),
              List.of("y"),
              Map.of(
                  "strides", ints(stride, stride),
                  "dilations", ints(dilation, dilation),
                  "pads", ints(padY, padX, padY, padX)));
      NDArray patches =
          PatchGeometry.of(conv, new long[] {kernelHeight, kernelWidth}, 9, 8).patches(x);

      NDArray product = w.reshape(4, -1).matMul(patches).reshape(expected.getShape());

      assertThat(product.sub(expected).abs().max().getFloat()).isCloseTo(0, within(1e-4f));
    }
  }

  /** The visits to a layer together see every position exactly once. */
  @ParameterizedTest
  @CsvSource({"32, 32, 1", "17, 16, 1", "33, 32, 2"})
  void latticesPartitionThePositions(int height, int width, int stride) {
    try (NDManager manager = Torch.newManager()) {
      NDArray x = manager.randomNormal(new Shape(1, 2, height, width));
      Node conv =
          new Node(
              "conv",
              "",
              "Conv",
              List.of("x", "w"),
              List.of("y"),
              Map.of("strides", ints(stride, stride), "pads", ints(1, 1, 1, 1)));
      PatchGeometry geometry = PatchGeometry.of(conv, new long[] {3, 3}, height, width);
      NDArray all = geometry.patches(x).squeeze(0);
      double expected = all.matMul(all.transpose()).sum().getFloat();
      long outHeight = (height - 1) / stride + 1;
      long outWidth = (width - 1) / stride + 1;
      Lattice first = Lattice.of(64, outHeight, outWidth, 0);
      assertThat(first.step()).isGreaterThan(1);
      double sum = 0;
      long positions = 0;
      for (int visit = 0; visit < first.step() * first.step(); visit++) {
        NDArray some = geometry.patches(x, Lattice.of(64, outHeight, outWidth, visit)).squeeze(0);
        positions += some.getShape().get(1);
        sum += some.matMul(some.transpose()).sum().getFloat();
      }
      assertThat(positions).isEqualTo(all.getShape().get(1));
      assertThat(sum).isCloseTo(expected, within(1e-3 * Math.abs(expected)));
    }
  }

  @ParameterizedTest
  @CsvSource({"SAME_UPPER, 0, 0, 1, 1", "SAME_LOWER, 1, 1, 0, 0"})
  void automaticPaddingPutsTheOddRowWhereTheStandardSays(
      String autoPad, int top, int left, int bottom, int right) {
    Node conv =
        new Node(
            "conv",
            "",
            "Conv",
            List.of("x", "w"),
            List.of("y"),
            Map.of("strides", ints(2, 2), "auto_pad", new Attribute.OfString(autoPad)));
    PatchGeometry geometry = PatchGeometry.of(conv, new long[] {3, 3}, 8, 8);
    assertThat(
            List.of(
                geometry.padTop(), geometry.padLeft(), geometry.padBottom(), geometry.padRight()))
        .containsExactly(top, left, bottom, right);
  }

  private static Attribute ints(long... values) {
    return new Attribute.OfInts(Arrays.stream(values).boxed().toList());
  }
}
