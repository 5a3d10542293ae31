package io.rspar.graph.onnx;

import static io.rspar.graph.InvalidModelException.Kind.MALFORMED;
import static io.rspar.graph.InvalidModelException.Kind.NON_FINITE_WEIGHT;
import static io.rspar.graph.InvalidModelException.Kind.TOO_LARGE;
import static io.rspar.graph.InvalidModelException.Kind.UNREADABLE;
import static io.rspar.graph.InvalidModelException.Kind.UNSUPPORTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.ModelChecks;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.shape.Shapes;
import io.rspar.graph.testing.Networks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BadFileTest {
  @TempDir Path folder;

  private static InvalidModelException refused(ThrowingCallable call) {
    InvalidModelException refused = catchThrowableOfType(InvalidModelException.class, call);
    assertThat(refused).as("refusal").isNotNull();
    assertThat(refused.remedy()).isNotBlank();
    return refused;
  }

  /** The VGG network's file with a change. */
  private static byte[] changed(Consumer<ModelProto.Builder> change) throws IOException {
    ModelProto.Builder model = ModelProto.parseFrom(OnnxWriter.toBytes(Networks.vgg())).toBuilder();
    change.accept(model);
    return model.build().toByteArray();
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("nowhere.onnx");

    InvalidModelException refused = refused(() -> OnnxReader.read(file));

    assertThat(refused.kind()).isEqualTo(UNREADABLE);
    assertThat(refused).hasMessageContaining("nowhere.onnx");
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] whole = OnnxWriter.toBytes(Networks.vgg());
    Path file = folder.resolve("cut.onnx");
    for (int length = 0; length < whole.length; length += 97) {
      Files.write(file, Arrays.copyOf(whole, length));

      InvalidModelException refused = refused(() -> OnnxReader.read(file));

      assertThat(refused.kind()).as("length %d", length).isEqualTo(UNREADABLE);
      assertThat(refused).hasMessageContaining("cut.onnx");
    }
  }

  @Test
  void garbageIsRefused() {
    assertThat(refused(() -> OnnxReader.read("no model".getBytes(StandardCharsets.UTF_8))).kind())
        .isEqualTo(UNREADABLE);
    assertThat(refused(() -> OnnxReader.read(new byte[0])).kind()).isEqualTo(UNREADABLE);
  }

  /** Whatever single bytes are changed: a graph or a refusal, nothing else. */
  @Test
  void flippedBytesNeverCrashTheReader() {
    byte[] whole = OnnxWriter.toBytes(Networks.resNetPadShortcut());
    Random random = new Random(4);
    int refusals = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] damaged = whole.clone();
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      try {
        Shapes.infer(OnnxReader.read(damaged));
      } catch (InvalidModelException e) {
        refusals++;
      }
    }
    assertThat(refusals).isPositive();
  }

  @Test
  void anUndefinedValueIsNamedWithItsReader() throws IOException {
    byte[] bytes = changed(m -> m.getGraphBuilder().getNodeBuilder(0).setInput(0, "ghost"));

    InvalidModelException refused = refused(() -> OnnxReader.read(bytes));

    assertThat(refused.kind()).isEqualTo(MALFORMED);
    assertThat(refused).hasMessageContaining("ghost").hasMessageContaining("conv1");
  }

  @Test
  void aValueWithTwoSourcesIsRefused() throws IOException {
    byte[] bytes = changed(m -> m.getGraphBuilder().getNodeBuilder(1).setOutput(0, "conv1:0"));

    InvalidModelException refused = refused(() -> OnnxReader.read(bytes));

    assertThat(refused.kind()).isEqualTo(MALFORMED);
    assertThat(refused).hasMessageContaining("conv1:0");
  }

  @Test
  void aCycleIsRefused() throws IOException {
    byte[] bytes = changed(m -> m.getGraphBuilder().getNodeBuilder(0).setInput(0, "relu2:0"));

    InvalidModelException refused = refused(() -> OnnxReader.read(bytes));

    assertThat(refused.kind()).isEqualTo(MALFORMED);
    assertThat(refused).hasMessageContaining("depends on its own output");
  }

  @Test
  void nodesOutOfOrderAreSorted() throws IOException {
    byte[] bytes =
        changed(
            m -> {
              var nodes = new java.util.ArrayList<>(m.getGraph().getNodeList());
              java.util.Collections.reverse(nodes);
              m.getGraphBuilder().clearNode().addAllNode(nodes);
            });

    assertThat(OnnxReader.read(bytes).nodes()).isEqualTo(Networks.vgg().nodes());
  }

  @Test
  void namelessNodesGetUniqueNames() throws IOException {
    byte[] bytes =
        changed(
            m -> {
              m.getGraphBuilder().getNodeBuilder(0).setName("");
              m.getGraphBuilder().getNodeBuilder(1).setName("twin");
              m.getGraphBuilder().getNodeBuilder(2).setName("twin");
            });

    Graph graph = OnnxReader.read(bytes);

    assertThat(graph.nodes().stream().map(n -> n.name()))
        .doesNotHaveDuplicates()
        .allMatch(name -> !name.isEmpty());
  }

  @Test
  void extentsThatOverflowAreRefused() throws IOException {
    byte[] bytes =
        changed(
            m ->
                m.getGraphBuilder()
                    .getInitializerBuilder(0)
                    .clearDims()
                    .addDims(1L << 40)
                    .addDims(1L << 40));

    InvalidModelException refused = refused(() -> OnnxReader.read(bytes));

    assertThat(refused.kind()).isEqualTo(MALFORMED);
    assertThat(refused).hasMessageContaining("conv1.weight");
  }

  @Test
  void aTensorWithTooFewBytesIsNamed() throws IOException {
    byte[] bytes = changed(m -> m.getGraphBuilder().getInitializerBuilder(0).setDims(0, 7));

    InvalidModelException refused = refused(() -> OnnxReader.read(bytes));

    assertThat(refused.kind()).isEqualTo(MALFORMED);
    assertThat(refused).hasMessageContaining("conv1.weight");
  }

  @Test
  void aFileBeyondTheLimitIsRefusedUnread() throws IOException {
    Path file = folder.resolve("big.onnx");
    OnnxWriter.write(Networks.vgg(), file);

    InvalidModelException refused =
        refused(() -> OnnxReader.read(file, new OnnxLimits(1000, 10, 2, 8, 1000)));

    assertThat(refused.kind()).isEqualTo(TOO_LARGE);
    assertThat(refused).hasMessageContaining("big.onnx");
  }

  @Test
  void aTypeThatIsNotReadIsNamed() throws IOException {
    byte[] bytes =
        changed(
            m ->
                m.getGraphBuilder()
                    .getInitializerBuilder(0)
                    .setDataType(TensorProto.DataType.COMPLEX64.getNumber()));

    InvalidModelException refused = refused(() -> OnnxReader.read(bytes));

    assertThat(refused.kind()).isEqualTo(UNSUPPORTED);
    assertThat(refused).hasMessageContaining("conv1.weight");
  }

  @Test
  void aWrongShapeIsNamedWithItsNode() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.input("image", -1, 4, 8, 8);
    Graph graph = b.output(b.conv("conv", x, 3, 5, 3, 1), -1, 5, 8, 8).build();

    InvalidModelException refused = refused(() -> Shapes.infer(graph));

    assertThat(refused.kind()).isEqualTo(MALFORMED);
    assertThat(refused).hasMessageContaining("Conv node 'conv'").hasMessageContaining("5×3×3×3");
  }

  @Test
  void aWeightThatIsNotANumberIsNamedWithItsIndex() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.input("x", -1, 3);
    b.constant("w", Tensor.ofFloats(Shape.of(2, 3), 1, 2, 3, 4, 5, Float.NaN));
    Graph graph = b.output(b.node("MatMul", "m", x, "w"), -1, 3).build();

    InvalidModelException refused = refused(() -> ModelChecks.requireFiniteWeights(graph));

    assertThat(refused.kind()).isEqualTo(NON_FINITE_WEIGHT);
    assertThat(refused).hasMessageContaining("'w'").hasMessageContaining("[1, 2]");
    ModelChecks.requireFiniteWeights(Networks.vgg());
  }

  @Test
  void externalDataMustNotLeaveTheFolder() throws IOException {
    Path secret = folder.resolve("secret.bin");
    Files.write(secret, new byte[1 << 16]);
    Path inner = Files.createDirectory(folder.resolve("model"));
    Files.createSymbolicLink(inner.resolve("link.bin"), secret);
    for (String location : new String[] {"../secret.bin", secret.toString(), "link.bin", ""}) {
      Path file = inner.resolve("model.onnx");
      Files.write(file, external(location, "0"));

      InvalidModelException refused = refused(() -> OnnxReader.read(file));

      assertThat(refused.kind()).isEqualTo(UNREADABLE);
      assertThat(refused).hasMessageContaining("outside of the model's folder");
    }
  }

  @Test
  void externalDataThatEndsTooEarlyIsRefused() throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(folder.resolve("weights.bin"), new byte[100]);
    Files.write(file, external("weights.bin", "0"));
    assertThat(refused(() -> OnnxReader.read(file)))
        .hasMessageContaining("weights.bin")
        .hasMessageContaining("100 bytes");

    Files.write(file, external("weights.bin", "-3"));
    assertThat(refused(() -> OnnxReader.read(file))).hasMessageContaining("offset '-3'");
  }

  private static byte[] external(String location, String offset) throws IOException {
    return changed(
        m ->
            m.getGraphBuilder()
                .getInitializerBuilder(0)
                .clearRawData()
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", location))
                .addExternalData(entry("offset", offset)));
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
