package io.rspar.graph.property;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.cost.Cost;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.onnx.OnnxWriter;
import io.rspar.graph.shape.Shapes;
import io.rspar.graph.testing.Networks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A model file is hostile input: whatever it holds, it is read or refused with cause and remedy,
 * soon and within memory.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileModelTest {
  /** More of it by hand: {@code -DargLine="-Drspar.fuzz.cases=100000 -Drspar.fuzz.seed=7"}. */
  private static final int CASES = Integer.getInteger("rspar.fuzz.cases", 2000);

  private static final Path CORPUS = Path.of("src/test/resources/io/rspar/graph/property/hostile");

  /** Operators, domains and attributes, besides the strings of the model itself. */
  private static final List<String> WORDS =
      List.of(
          "",
          "Conv",
          "Gemm",
          "MatMul",
          "Add",
          "Concat",
          "Reshape",
          "Flatten",
          "Transpose",
          "Split",
          "Slice",
          "Gather",
          "Pad",
          "Resize",
          "Expand",
          "Tile",
          "ConstantOfShape",
          "Range",
          "Shape",
          "If",
          "Loop",
          "Scan",
          "Constant",
          "BatchNormalization",
          "AveragePool",
          "ConvTranspose",
          "Einsum",
          "DepthToSpace",
          "Identity",
          "axis",
          "perm",
          "pads",
          "kernel_shape",
          "strides",
          "dilations",
          "group",
          "value",
          "to",
          "equation",
          "ij,jk->ik",
          "bij,bjk",
          "com.microsoft",
          "MultiHeadAttention",
          "num_heads",
          "Squeeze",
          "Unsqueeze",
          "ReduceMean",
          "TopK",
          "LSTM");

  @Test
  void mutatedModelsAreReadOrRefused() throws Exception {
    long seed = Long.getLong("rspar.fuzz.seed", 20_260_101L);
    List<ModelProto> models = seeds();
    Random random = new Random(seed);
    ProtoMutator mutator = new ProtoMutator(random);
    int read = 0;
    for (int i = 0; i < CASES; i++) {
      ModelProto model = models.get(random.nextInt(models.size()));
      byte[] bytes = mutator.mutate(model, words(model), 1 + random.nextInt(4)).toByteArray();
      if (readsOrRefuses(bytes, "seed %d, case %d".formatted(seed, i))) {
        read++;
      }
    }
    System.out.printf(
        "%d mutated models: %d read, %d refused (seed %d)%n", CASES, read, CASES - read, seed);
    assertThat(read).as("mutations that leave a model readable").isPositive();
    assertThat(CASES - read).as("mutations that are refused").isPositive();
  }

  /** Files that once got past the checks. */
  @Test
  void whatFuzzingFoundStaysFixed() throws IOException {
    int cases = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(CORPUS, "*.onnx")) {
      for (Path file : files) {
        readsOrRefuses(Files.readAllBytes(file), file.getFileName().toString());
        cases++;
      }
    }
    assertThat(cases).isPositive();
  }

  @Test
  void subgraphsWithinSubgraphsEndSomewhere() {
    GraphProto.Builder inner = GraphProto.newBuilder().setName("innermost");
    for (int depth = 0; depth < 500; depth++) {
      NodeProto node =
          NodeProto.newBuilder()
              .setOpType("If")
              .addInput("x")
              .addOutput("y")
              .addAttribute(
                  AttributeProto.newBuilder()
                      .setName("then_branch")
                      .setType(AttributeProto.AttributeType.GRAPH)
                      .setG(inner))
              .build();
      inner = GraphProto.newBuilder().setName("g" + depth).addNode(node);
      if (depth == 20 || depth == 499) {
        assertRefused(model(inner), "");
      }
    }
  }

  @Test
  void functionsThatMultiplyOrRecurAreRefused() {
    ModelProto.Builder model = model(GraphProto.newBuilder().addNode(call("f0")));
    for (int i = 0; i < 60; i++) {
      FunctionProto.Builder function =
          FunctionProto.newBuilder()
              .setName("f" + i)
              .setDomain("evil")
              .addInput("x")
              .addOutput("y");
      for (int j = 0; j < 10; j++) {
        function.addNode(call("f" + (i + 1)));
      }
      model.addFunctions(function);
    }
    assertRefused(model, "");
    assertRefused(
        model(GraphProto.newBuilder().addNode(call("f")))
            .addFunctions(
                FunctionProto.newBuilder()
                    .setName("f")
                    .setDomain("evil")
                    .addInput("x")
                    .addOutput("y")
                    .addNode(call("f"))),
        "");
  }

  @Test
  void aFewBytesDoNotClaimGigabytes() {
    TensorProto one =
        TensorProto.newBuilder()
            .setName("w")
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addDims(1)
            .addFloatData(1)
            .build();
    TensorProto index =
        TensorProto.newBuilder()
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(1)
            .addInt64Data(0)
            .build();
    GraphProto.Builder sparse = GraphProto.newBuilder();
    for (int i = 0; i < 8; i++) {
      sparse.addSparseInitializer(
          SparseTensorProto.newBuilder()
              .setValues(one.toBuilder().setName("w" + i))
              .setIndices(index)
              .addDims(1 << 28));
    }
    assertRefused(model(sparse), "w");
    assertRefused(
        model(
            GraphProto.newBuilder().addInitializer(one.toBuilder().clearDims().addDims(1L << 40))),
        "'w'");
  }

  private static void assertRefused(ModelProto.Builder model, String named) {
    byte[] bytes = model.build().toByteArray();
    try {
      OnnxReader.read(bytes);
    } catch (InvalidModelException e) {
      assertThat(e).hasMessageContaining(named);
      assertThat(e.remedy()).isNotBlank();
      return;
    }
    fail("the model was read");
  }

  private static ModelProto.Builder model(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("evil").setVersion(1))
        .setGraph(
            graph.addInput(
                ValueInfoProto.newBuilder()
                    .setName("x")
                    .setType(
                        TypeProto.newBuilder()
                            .setTensorType(
                                TypeProto.Tensor.newBuilder()
                                    .setElemType(1)
                                    .setShape(TensorShapeProto.getDefaultInstance())))));
  }

  private static NodeProto.Builder call(String function) {
    return NodeProto.newBuilder()
        .setDomain("evil")
        .setOpType(function)
        .addInput("x")
        .addOutput("y");
  }

  /** True if it is read, all the way to costs; keeps what is neither read nor refused. */
  static boolean readsOrRefuses(byte[] bytes, String name) {
    long begin = System.nanoTime();
    try {
      Graph graph = OnnxReader.read(bytes);
      Shapes.infer(graph);
      DependencyGraph.of(graph);
      Cost.of(graph);
      return true;
    } catch (InvalidModelException e) {
      assertThat(e.getMessage()).as(name).isNotBlank();
      assertThat(e.remedy()).as(name).isNotBlank();
      return false;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError(
          "%s got past the checks; kept as %s".formatted(name, keep(bytes)), e);
    } finally {
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      if (took.toSeconds() >= 60) {
        throw new AssertionError("%s took %s; kept as %s".formatted(name, took, keep(bytes)));
      }
    }
  }

  private static Path keep(byte[] bytes) {
    try {
      return Files.write(Files.createTempFile("hostile-", ".onnx"), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<ModelProto> seeds() throws InvalidProtocolBufferException {
    List<ModelProto> models = new ArrayList<>();
    for (var network : Networks.all().values()) {
      models.add(ModelProto.parseFrom(OnnxWriter.toBytes(network.get())));
    }
    for (int network = 0; network < 30; network++) {
      Graph random = RandomNetwork.of(Decisions.of(network));
      models.add(ModelProto.parseFrom(OnnxWriter.toBytes(random)));
    }
    return models;
  }

  private static List<String> words(ModelProto model) {
    List<String> words = new ArrayList<>(WORDS);
    for (NodeProto node : model.getGraph().getNodeList()) {
      words.addAll(node.getInputList());
      words.addAll(node.getOutputList());
    }
    return words;
  }
}
