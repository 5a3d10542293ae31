package io.rspar.runtime.kernel;

import static io.rspar.runtime.testing.Graphs.ints;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.testing.Graphs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Forward and backward of many convolution geometries: some once ended the process inside the
 * native library, so a crash here is what this looks for. Gradients are checked against an identity
 * that holds for any bilinear operator: ⟨w, ∂L/∂w⟩ = ⟨y, ∂L/∂y⟩ without a bias.
 */
class ConvolutionBackwardTest {
  private record Geometry(
      int in, int out, int size, int kernel, int stride, int groups, int pad, int dilation) {}

  @TestFactory
  List<DynamicTest> geometries() {
    List<Geometry> geometries = new ArrayList<>();
    for (int stride : new int[] {1, 2, 3}) {
      for (int channels : new int[] {3, 8, 13, 17, 64}) {
        geometries.add(new Geometry(channels, 19, 14, 1, stride, 1, 0, 1));
        geometries.add(new Geometry(channels, 16, 14, 3, stride, 1, 1, 1));
        geometries.add(new Geometry(channels, 7, 15, 5, stride, 1, 2, 1));
        geometries.add(new Geometry(channels, channels, 14, 3, stride, channels, 1, 1));
        geometries.add(new Geometry(channels, 16, 15, 3, stride, 1, 2, 2));
        geometries.add(new Geometry(2 * channels, 6, 14, 3, stride, 2, 1, 1));
        geometries.add(new Geometry(2 * channels, 10, 14, 1, stride, 2, 0, 1));
      }
    }
    // The geometries of ResNet-50 that divided by zero.
    geometries.add(new Geometry(512, 1024, 28, 1, 2, 1, 0, 1));
    geometries.add(new Geometry(1024, 2048, 14, 1, 2, 1, 0, 1));
    return geometries.stream()
        .map(g -> DynamicTest.dynamicTest(g.toString(), () -> check(g)))
        .toList();
  }

  private static void check(Geometry g) {
    Graphs graphs = Graphs.opset(13).input("x", -1, g.in(), g.size(), g.size());
    graphs.weight("w", g.out(), g.in() / g.groups(), g.kernel(), g.kernel());
    graphs.node(
        "Conv",
        "x w",
        "y",
        "pads",
        ints(g.pad(), g.pad(), g.pad(), g.pad()),
        "strides",
        ints(g.stride(), g.stride()),
        "dilations",
        ints(g.dilation(), g.dilation()),
        "group",
        g.groups());
    graphs.node("GlobalAveragePool", "y", "p").node("Flatten", "p", "logits");
    Graph graph = graphs.output("logits", Shape.of(-1, g.out()));
    try (NDManager manager = Torch.newManager();
        NDScope scope = new NDScope();
        Network network = Network.load(graph)) {
      scope.suppressNotUsedWarning();
      NDArray x =
          manager.randomNormal(new ai.djl.ndarray.types.Shape(2, g.in(), g.size(), g.size()));
      Batch batch = new Batch(x, manager.create(new long[] {0, g.out() - 1L}));
      Map<String, NDArray> gradients = network.parameterGradients(batch, LabelSampler.fromData());
      float weights = gradients.get("w").mul(network.parameters().get("w")).sum().getFloat();
      network.observeValues(
          batch,
          LabelSampler.fromData(),
          java.util.Set.of("x", "y"),
          (name, value, gradient) ->
              assertThat((double) value.mul(gradient).sum().getFloat())
                  .as("<" + name + ", gradient>")
                  .isCloseTo(
                      weights,
                      org.assertj.core.data.Offset.offset(1e-3 + 1e-3 * Math.abs(weights))));
    }
  }
}
