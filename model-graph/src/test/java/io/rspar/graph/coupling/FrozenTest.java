package io.rspar.graph.coupling;

import static io.rspar.graph.build.GraphBuilder.integer;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.re2j.Pattern;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.testing.Networks;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** What must not be cut, and the reason that is given. */
class FrozenTest {
  /** Two convolutions with something between them. */
  private static DependencyGraph between(BiFunction<GraphBuilder, String, String> node) {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.conv("first", b.input("image", -1, 3, 8, 8), 3, 6, 3, 1);
    String y = node.apply(b, x);
    return DependencyGraph.of(b.output(b.conv("second", y, 6, 4, 3, 1), DataType.FLOAT).build());
  }

  private static FrozenAxis only(DependencyGraph graph, String tensor) {
    List<FrozenAxis> found =
        graph.frozen().stream().filter(f -> f.tensor().equals(tensor)).toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  @Test
  void withNothingBetweenTheChannelsAreFree() {
    DependencyGraph graph = between((b, x) -> x);

    assertThat(graph.groups()).extracting(ChannelGroup::id).containsExactly("first");
    assertThat(only(graph, "second.weight").node()).contains("model output");
  }

  @Test
  void anUnknownOperatorFreezesWhatTouchesItAndIsNamed() {
    DependencyGraph graph = between((b, x) -> b.node("Frobnicate", "norm", x));

    assertThat(graph.groups()).isEmpty();
    FrozenAxis frozen = only(graph, "first.weight");
    assertThat(frozen.axis()).isZero();
    assertThat(frozen.node()).isEqualTo("Frobnicate node 'norm'");
    assertThat(frozen.reason()).contains("not understood");
  }

  @Test
  void whatLiesBehindAnUnknownOperatorIsFrozenToo() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.node("Frobnicate", "norm", b.input("image", -1, 3, 8, 8));
    String y = b.conv("first", x, 3, 6, 3, 1);
    Graph graph = b.output(b.conv("second", y, 6, 4, 3, 1), DataType.FLOAT).build();

    DependencyGraph groups = DependencyGraph.of(graph);

    assertThat(groups.groups()).isEmpty();
  }

  @Test
  void aSoftmaxOverChannelsFreezesThem() {
    assertThat(between((b, x) -> b.node("Softmax", "s", Map.of("axis", integer(1)), x)).groups())
        .isEmpty();
    assertThat(between((b, x) -> b.node("Softmax", "s", Map.of("axis", integer(2)), x)).groups())
        .hasSize(1);
  }

  @Test
  void anOperatorThatMixesChannelsFreezesThem() {
    List<BiFunction<GraphBuilder, String, String>> mixing =
        List.of(
            (b, x) -> b.node("LRN", "m", Map.of("size", integer(3)), x),
            (b, x) -> b.node("CumSum", "m", x, b.constant("a", Tensor.ofLongs(Shape.of(), 1))),
            (b, x) ->
                b.nodes("TopK", "m", Map.of("axis", integer(1)), 2, x, b.longs("k", 6)).get(0),
            (b, x) -> b.node("LpNormalization", "m", Map.of("axis", integer(1)), x));
    for (BiFunction<GraphBuilder, String, String> node : mixing) {
      DependencyGraph graph = between(node);

      assertThat(graph.groups()).isEmpty();
      assertThat(only(graph, "first.weight").node()).endsWith("node 'm'");
    }
    assertThat(between((b, x) -> b.node("Trilu", "t", x)).groups()).hasSize(1);
  }

  /** Nothing here runs it, but a cut goes through it. */
  @Test
  void channelsAreSampledAtTheSamePlaces() {
    DependencyGraph graph =
        between((b, x) -> b.node("GridSample", "warp", x, b.input("grid", -1, 8, 8, 2)));

    assertThat(graph.groups()).extracting(ChannelGroup::id).containsExactly("first");
  }

  @Test
  void aBorderThatRepeatsChannelsFreezesThem() {
    DependencyGraph graph =
        between(
            (b, x) -> {
              Map<String, Attribute> mode = Map.of("mode", new Attribute.OfString("reflect"));
              String wide = b.node("Pad", "out", mode, x, b.longs("p", 0, 1, 0, 0, 0, 1, 0, 0));
              return b.node("Pad", "in", wide, b.longs("q", 0, -1, 0, 0, 0, -1, 0, 0));
            });

    assertThat(graph.groups()).isEmpty();
  }

  /** Of an extent that depends on the batch, the cut graph cannot keep the value. */
  @Test
  void arithmeticWithAnOpenExtentFreezesTheAxis() {
    DependencyGraph graph =
        between(
            (b, x) -> {
              String shape = b.node("Shape", "shape", x);
              String batch = b.node("Gather", "batch", shape, b.longs("zero", 0));
              String count = b.node("Gather", "count", shape, b.longs("one", 1));
              String channels = b.node("Mul", "both", batch, count);
              Map<String, Attribute> to = Map.of("to", integer(DataType.FLOAT.onnxCode()));
              return b.node("Div", "scaled", x, b.node("Cast", "real", to, channels));
            });

    assertThat(graph.groups()).isEmpty();
    FrozenAxis frozen = only(graph, "first.weight");
    assertThat(frozen.node()).isEqualTo("Div node 'scaled'");
    assertThat(frozen.reason()).contains("extents");
  }

  @Test
  void aSubgraphFreezesWhatItReads() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.conv("first", b.input("image", -1, 3, 8, 8), 3, 6, 3, 1);
    String y = b.conv("second", x, 6, 4, 3, 1);
    Attribute branch = new Attribute.Opaque(ByteString.EMPTY, List.of(x));
    String condition = b.constant("c", Tensor.ofLongs(Shape.of(), 1));
    b.output(b.node("If", "if", Map.of("then_branch", branch), condition), DataType.FLOAT);

    DependencyGraph graph = DependencyGraph.of(b.output(y, DataType.FLOAT).build());

    assertThat(graph.groups()).isEmpty();
    assertThat(only(graph, "first.weight").reason()).contains("subgraph");
  }

  @Test
  void aWeightComputedAtRunTimeFreezesTheConvolution() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.conv("first", b.input("image", 1, 3, 8, 8), 3, 6, 3, 1);
    String weight = b.node("Reshape", "hyper", b.input("w", 24), b.longs("s", 4, 6, 1, 1));
    Graph graph = b.output(b.node("Conv", "second", x, weight), DataType.FLOAT).build();

    assertThat(DependencyGraph.of(graph).groups()).isEmpty();
  }

  @Test
  void aConvolutionWithOneOutputIsNotDepthwise() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.conv("first", b.input("image", -1, 3, 8, 8), 3, 6, 3, 1);
    String one = b.conv("single", x, 6, 1, 3, 1);
    DependencyGraph graph =
        DependencyGraph.of(b.output(b.conv("last", one, 1, 4, 3, 1), DataType.FLOAT).build());

    assertThat(graph.groups()).extracting(ChannelGroup::id).containsExactly("first");
    assertThat(only(graph, "single.weight").reason()).contains("no other channel");
  }

  @Test
  void anExcludedLayerKeepsItsChannels() {
    Graph vgg = Networks.vgg();

    DependencyGraph byWeight = DependencyGraph.of(vgg, List.of(Pattern.compile("^conv2\\.")));

    assertThat(byWeight.groups())
        .extracting(ChannelGroup::id)
        .containsExactly("conv1", "conv3", "fc1");
    assertThat(only(byWeight, "conv2.weight").reason()).contains("^conv2");
  }

  @Test
  void anExcludedNameNeedNotBeThatOfALayer() {
    Pattern scale = Pattern.compile("^dw1\\.bn\\.weight$");
    DependencyGraph byScale = DependencyGraph.of(Networks.mobileNet(), List.of(scale));
    DependencyGraph byNode =
        DependencyGraph.of(Networks.mobileNet(), List.of(Pattern.compile("^dw1\\.relu$")));

    for (DependencyGraph graph : List.of(byScale, byNode)) {
      assertThat(graph.groups())
          .extracting(ChannelGroup::id)
          .containsExactly("pw1.conv", "pw2.conv");
      assertThat(only(graph, "stem.conv.weight").reason()).contains("excluded");
    }
  }

  /** The initialiser is transposed before the matrix product reads it. */
  @Test
  void anExcludedWeightMayBeTheSourceOfAComputedOne() {
    Pattern source = Pattern.compile("^first\\.weight$");

    DependencyGraph graph = DependencyGraph.of(Networks.derivedWeights(), List.of(source));

    assertThat(graph.groups()).extracting(ChannelGroup::id).containsExactly("second");
    // Its columns belong to the layer before it.
    Pattern columns = Pattern.compile("^second\\.weight$");
    assertThat(DependencyGraph.of(Networks.derivedWeights(), List.of(columns)).groups())
        .extracting(ChannelGroup::id)
        .containsExactly("first");
  }

  @Test
  void membersAndValuesSayWhichIndicesGo() {
    ChannelGroup group = DependencyGraph.of(Networks.vgg()).group("conv3");

    Member rows = group.members().get(0);
    assertThat(rows)
        .extracting(Member::nodeName, Member::tensor, Member::axis, Member::role)
        .containsExactly("conv3", "conv3.weight", 0, io.rspar.graph.op.Role.PRODUCER);
    assertThat(rows.indices()[4]).containsExactly(4);
    Member columns = group.members(io.rspar.graph.op.Role.CONSUMER).get(0);
    assertThat(columns).extracting(Member::tensor, Member::axis).containsExactly("fc1.weight", 1);
    // Four positions of the flattened 2 × 2 image per channel.
    assertThat(columns.indices()[4]).containsExactly(16, 17, 18, 19);
    assertThat(group.values())
        .extracting(ValueSite::value, ValueSite::axis)
        .contains(
            org.assertj.core.groups.Tuple.tuple("relu3:0", 1),
            org.assertj.core.groups.Tuple.tuple("flatten:0", 1));
  }
}
