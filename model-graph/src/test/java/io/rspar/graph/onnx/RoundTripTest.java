package io.rspar.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.sun.management.ThreadMXBean;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.Surgeon;
import io.rspar.graph.testing.Networks;
import io.rspar.graph.testing.OnnxRuntime;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
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

  @Test
  void sparseWeightsBecomeDense() throws IOException {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.input("x", 2, 3);
    b.output(b.node("MatMul", "m", x, b.weight("flat", 3, 4)), DataType.FLOAT);
    b.output(b.node("MatMul", "n", x, b.weight("pairs", 3, 2)), DataType.FLOAT);
    ModelProto.Builder model = ModelProto.parseFrom(OnnxWriter.toBytes(b.build())).toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    graph.clearInitializer();
    graph.addSparseInitializer(
        sparse("flat", new long[] {3, 4}, new long[] {1, 6, 11}, new long[] {3}));
    graph.addSparseInitializer(
        sparse("pairs", new long[] {3, 2}, new long[] {0, 1, 2, 0, 2, 1}, new long[] {3, 2}));
    byte[] bytes = model.build().toByteArray();

    Graph read = OnnxReader.read(bytes);

    assertThat(read.initializers().get("flat").toFloats())
        .containsExactly(0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3);
    assertThat(read.initializers().get("pairs").toFloats()).containsExactly(0, 1, 0, 0, 2, 3);
    assertThat(OnnxRuntime.run(read, 1))
        .usingRecursiveComparison()
        .isEqualTo(OnnxRuntime.run(bytes, read, 1));
  }

  private static SparseTensorProto sparse(
      String name, long[] dims, long[] indices, long[] dimsOfIndices) {
    TensorProto.Builder values =
        TensorProto.newBuilder().setName(name).setDataType(DataType.FLOAT.onnxCode()).addDims(3);
    values.addFloatData(1).addFloatData(2).addFloatData(3);
    TensorProto.Builder places = TensorProto.newBuilder().setDataType(DataType.INT64.onnxCode());
    Arrays.stream(dimsOfIndices).forEach(places::addDims);
    Arrays.stream(indices).forEach(places::addInt64Data);
    SparseTensorProto.Builder sparse =
        SparseTensorProto.newBuilder().setValues(values).setIndices(places);
    Arrays.stream(dims).forEach(sparse::addDims);
    return sparse.build();
  }

  /** Declarations between the nodes are kept, and follow the cut. */
  @Test
  void declaredShapesFollowTheCut() {
    Graph plain = Networks.vgg();
    ValueInfo cut =
        new ValueInfo("relu1:0", DataType.FLOAT, Shape.of(-1, 6, 8, 8), List.of("n", "", "", ""));
    ValueInfo wrong = new ValueInfo("relu2:0", DataType.FLOAT, Shape.of(6, 8, 8));
    ValueInfo unknown = new ValueInfo("relu3:0", DataType.FLOAT, Shape.UNRANKED);
    Graph graph = plain.withValues(List.of(cut, wrong, unknown));
    DependencyGraph groups = DependencyGraph.of(graph);

    assertThat(OnnxReader.read(OnnxWriter.toBytes(graph))).isEqualTo(graph);
    Graph smaller = Surgeon.cut(graph, groups, new PruningPlan(Map.of("conv1", List.of(0, 2, 5))));

    assertThat(smaller.values())
        .containsExactly(
            new ValueInfo(
                "relu1:0", DataType.FLOAT, Shape.of(-1, 3, 8, 8), List.of("n", "", "", "")),
            unknown);
    assertThat(OnnxReader.read(OnnxWriter.toBytes(smaller))).isEqualTo(smaller);
  }

  /** Weights of a mapped model are neither copied when it is read nor when it is cut. */
  @Test
  void aMappedModelIsCutWithoutACopyOfItsWeights() throws IOException {
    GraphBuilder b = new GraphBuilder(1);
    String hidden = b.relu("relu", b.linear("fc1", b.input("x", 1, 2000), 2000, 1500));
    Graph dense = b.output(b.linear("fc2", hidden, 1500, 800), 1, 800).build();
    long weights = dense.initializers().values().stream().mapToLong(Tensor::byteCount).sum();
    Path file = folder.resolve("big.onnx");
    OnnxWriter.write(dense, file, 1000);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();

    List<Integer> kept = IntStream.range(0, 1500).filter(i -> i % 3 > 0).boxed().toList();
    Supplier<Graph> cutting =
        () -> {
          Graph read = OnnxReader.read(file);
          DependencyGraph groups = DependencyGraph.of(read);
          return Surgeon.cut(read, groups, new PruningPlan(Map.of("fc1", kept)));
        };
    // The first time, classes are loaded.
    assertThat(cutting.get().nodes()).hasSize(3);
    long before = threads.getThreadAllocatedBytes(thread);
    Graph cut = cutting.get();
    long allocated = threads.getThreadAllocatedBytes(thread) - before;

    assertThat(allocated).isLessThan(weights / 4);
    Path smaller = folder.resolve("smaller.onnx");
    OnnxWriter.write(cut, smaller, 1000);
    int[] indices = kept.stream().mapToInt(Integer::intValue).toArray();
    Graph back = OnnxReader.read(smaller);
    assertThat(back.initializers().get("fc1.weight"))
        .isEqualTo(dense.initializers().get("fc1.weight").take(0, indices));
    assertThat(back.initializers().get("fc2.weight"))
        .isEqualTo(dense.initializers().get("fc2.weight").take(1, indices));
  }

  /** The message is written by hand, tensor by tensor, in the very bytes that protobuf writes. */
  @TestFactory
  Stream<DynamicTest> bytesAreThoseOfProtobuf() {
    return Networks.all().entrySet().stream()
        .map(
            network ->
                DynamicTest.dynamicTest(
                    network.getKey(),
                    () -> {
                      byte[] bytes = OnnxWriter.toBytes(network.getValue().get());
                      assertThat(ModelProto.parseFrom(bytes).toByteArray()).isEqualTo(bytes);
                      Path file = folder.resolve(network.getKey());
                      OnnxWriter.write(network.getValue().get(), file);
                      assertThat(file).hasBinaryContent(bytes);
                    }));
  }
}
