package io.rspar.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.testing.Networks;
import io.rspar.graph.testing.OnnxRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class RoundTripTest {
  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> aGraphComesBackAsItWas() {
    return Networks.all().entrySet().stream()
        .map(
            network ->
                DynamicTest.dynamicTest(
                    network.getKey(),
                    () -> {
                      Graph graph = network.getValue().get().withMetadata(Map.of("rspar.a", "ü"));
                      assertThat(OnnxReader.read(OnnxWriter.toBytes(graph))).isEqualTo(graph);
                    }));
  }

  @Test
  void bigWeightsGoBesideTheFileAndComeBackMapped() throws IOException {
    Graph graph = Networks.resNetConvShortcut();
    Path file = folder.resolve("model.onnx");

    OnnxWriter.write(graph, file, 1000);

    assertThat(folder.resolve("model.onnx.data")).exists();
    Graph back = OnnxReader.read(file);
    assertThat(back).isEqualTo(graph);
    assertThat(back.initializers().get("b.1.conv.weight").bytes().isDirect()).isTrue();
    assertThat(OnnxRuntime.run(file, graph, 5))
        .usingRecursiveComparison()
        .isEqualTo(OnnxRuntime.run(graph, 5));
    // Weights are read from the very files that are replaced.
    OnnxWriter.write(back, file, 1000);
    assertThat(OnnxReader.read(file)).isEqualTo(graph);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void typedDataFieldsAreRead() throws IOException {
    ModelProto.Builder model = ModelProto.parseFrom(OnnxWriter.toBytes(Networks.vgg())).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    graph.addInitializer(tensor("f", DataType.FLOAT).addFloatData(1.5f).addFloatData(-2));
    graph.addInitializer(tensor("d", DataType.DOUBLE).addDoubleData(1.5).addDoubleData(-2));
    graph.addInitializer(tensor("l", DataType.INT64).addInt64Data(7).addInt64Data(-2));
    graph.addInitializer(tensor("i", DataType.INT32).addInt32Data(7).addInt32Data(-2));
    graph.addInitializer(tensor("b", DataType.INT8).addInt32Data(7).addInt32Data(-2));
    graph.addInitializer(tensor("u", DataType.UINT64).addUint64Data(7).addUint64Data(8));
    graph.addInitializer(tensor("h", DataType.FLOAT16).addInt32Data(0x3e00).addInt32Data(0xc000));

    Map<String, Tensor> read = OnnxReader.read(model.build().toByteArray()).initializers();

    for (String name : new String[] {"f", "d", "h"}) {
      assertThat(read.get(name).toFloats()).as(name).containsExactly(1.5f, -2);
    }
    for (String name : new String[] {"l", "i", "b"}) {
      assertThat(read.get(name).toLongs()).as(name).containsExactly(7, -2);
    }
    assertThat(read.get("u").toLongs()).containsExactly(7, 8);
  }

  private static TensorProto.Builder tensor(String name, DataType type) {
    return TensorProto.newBuilder().setName(name).setDataType(type.onnxCode()).addDims(2);
  }

  @Test
  void initialisersThatOldFilesListAsInputsAreNoInputs() throws IOException {
    ModelProto.Builder model =
        ModelProto.parseFrom(OnnxWriter.toBytes(Networks.vgg())).toBuilder().setIrVersion(3);
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      model.getGraphBuilder().addInput(ValueInfoProto.newBuilder().setName(tensor.getName()));
    }

    Graph graph = OnnxReader.read(model.build().toByteArray());

    assertThat(graph.inputs()).isEqualTo(Networks.vgg().inputs());
    assertThat(OnnxRuntime.run(graph, 2)).hasSize(1);
  }

  @Test
  void anIdentityOfAnInitialiserIsAnInitialiser() {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.input("x", -1, 3);
    String weight = b.node("Identity", "alias", b.weight("w", 3, 3));
    String y = b.node("MatMul", "n", b.node("MatMul", "m", x, "w"), weight);

    Graph graph = OnnxReader.read(OnnxWriter.toBytes(b.output(y, -1, 3).build()));

    assertThat(graph.nodes()).extracting(n -> n.opType()).containsExactly("MatMul", "MatMul");
    assertThat(graph.initializers().get(weight)).isEqualTo(graph.initializers().get("w"));
  }

  @Test
  void aSubgraphIsCarriedWithTheNamesThatItReads() {
    GraphProto branch =
        GraphProto.newBuilder()
            .setName("branch")
            .addNode(NodeProto.newBuilder().setOpType("Relu").addInput("x").addOutput("t"))
            .addNode(NodeProto.newBuilder().setOpType("Neg").addInput("t").addOutput("y"))
            .addOutput(ValueInfoProto.newBuilder().setName("y"))
            .build();
    AttributeProto attribute =
        AttributeProto.newBuilder()
            .setName("then_branch")
            .setType(AttributeProto.AttributeType.GRAPH)
            .setG(branch)
            .build();
    Attribute.Opaque opaque =
        new Attribute.Opaque(attribute.toByteString(), java.util.List.of("x"));
    GraphBuilder b = new GraphBuilder(1);
    b.input("x", 2, 3);
    String condition =
        b.constant(
            "c", new Tensor(DataType.BOOL, Shape.of(), java.nio.ByteBuffer.wrap(new byte[] {1})));
    String y =
        b.node(
            "If",
            "if",
            Map.of("then_branch", opaque, "else_branch", elseBranch(opaque)),
            condition);
    Graph graph = b.output(y, 2, 3).build();

    Graph back = OnnxReader.read(OnnxWriter.toBytes(graph));

    assertThat(back.nodes().get(0).attributes().get("then_branch")).isEqualTo(opaque);
    float[] values = OnnxRuntime.run(back, 1).get(y);
    assertThat(values).hasSize(6);
    for (float value : values) {
      assertThat(value).isNotPositive();
    }
  }

  private static Attribute elseBranch(Attribute.Opaque then) {
    try {
      return new Attribute.Opaque(
          AttributeProto.parseFrom(then.serialized()).toBuilder()
              .setName("else_branch")
              .build()
              .toByteString(),
          then.captures());
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
