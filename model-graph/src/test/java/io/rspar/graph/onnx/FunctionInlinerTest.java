package io.rspar.graph.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.build.GraphBuilder;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.testing.OnnxRuntime;
import java.util.List;
import org.junit.jupiter.api.Test;

/** ONNX Runtime runs a model with functions and says what it computes. */
class FunctionInlinerTest {
  private static final String DOMAIN = "local";

  /** Two convolutions, each followed by a call of a function that calls another one. */
  private static ModelProto.Builder model(FunctionProto... functions) throws Exception {
    GraphBuilder b = new GraphBuilder(1);
    String x = b.conv("first", b.input("image", 1, 3, 4, 4), 3, 6, 3, 1);
    String y = b.node(DOMAIN + ":Outer", "call", x, b.weight("scale", 6, 1, 1));
    String z = b.conv("second", y, 6, 4, 3, 1);
    b.output(b.node(DOMAIN + ":Outer", "call2", z, b.weight("scale2", 4, 1, 1)), DataType.FLOAT);
    ModelProto.Builder model = ModelProto.parseFrom(OnnxWriter.toBytes(b.build())).toBuilder();
    model.addOpsetImport(opset(DOMAIN, 1));
    return model.addAllFunctions(List.of(functions));
  }

  private static OperatorSetIdProto opset(String domain, long version) {
    return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build();
  }

  private static NodeProto.Builder node(
      String domain, String opType, List<String> in, List<String> out) {
    return NodeProto.newBuilder()
        .setDomain(domain)
        .setOpType(opType)
        .addAllInput(in)
        .addAllOutput(out);
  }

  private static FunctionProto.Builder function(String name, List<String> in, List<String> out) {
    return FunctionProto.newBuilder()
        .setDomain(DOMAIN)
        .setName(name)
        .addAllInput(in)
        .addAllOutput(out)
        .addOpsetImport(opset("", 17))
        .addOpsetImport(opset(DOMAIN, 1));
  }

  private static AttributeProto slope(float value) {
    return AttributeProto.newBuilder()
        .setName("slope")
        .setType(AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  /** Leaky rectifier whose slope is an attribute of the function, with a default. */
  private static FunctionProto inner() {
    AttributeProto slope =
        AttributeProto.newBuilder()
            .setName("alpha")
            .setRefAttrName("slope")
            .setType(AttributeType.FLOAT)
            .build();
    return function("Inner", List.of("x"), List.of("y"))
        .addAttributeProto(slope(0.3f))
        .addNode(node("", "LeakyRelu", List.of("x"), List.of("y")).addAttribute(slope))
        .build();
  }

  /** Twice the inner function, with and without the default, a branch, and a scale. */
  private static FunctionProto outer() {
    GraphProto.Builder then =
        GraphProto.newBuilder()
            .setName("then")
            .addNode(node("", "Add", List.of("t", "x"), List.of("chosen")))
            .addOutput(ValueInfoProto.newBuilder().setName("chosen"));
    GraphProto.Builder otherwise =
        GraphProto.newBuilder()
            .setName("else")
            .addNode(node(DOMAIN, "Inner", List.of("t"), List.of("other")))
            .addOutput(ValueInfoProto.newBuilder().setName("other"));
    NodeProto.Builder branch =
        node("", "If", List.of("condition"), List.of("b"))
            .addAttribute(graph("then_branch", then))
            .addAttribute(graph("else_branch", otherwise));
    return function("Outer", List.of("x", "scale"), List.of("y"))
        .addNode(node(DOMAIN, "Inner", List.of("x"), List.of("t")).addAttribute(slope(0.1f)))
        .addNode(node("", "ReduceSum", List.of("t"), List.of("sum")))
        .addNode(node("", "Squeeze", List.of("sum"), List.of("scalar")))
        .addNode(node("", "Sub", List.of("scalar", "scalar"), List.of("zero")))
        .addNode(node("", "Less", List.of("scalar", "zero"), List.of("condition")))
        .addNode(branch)
        .addNode(node("", "Mul", List.of("b", "scale"), List.of("scaled")))
        .addNode(node(DOMAIN, "Inner", List.of("scaled"), List.of("y")))
        .build();
  }

  private static AttributeProto graph(String name, GraphProto.Builder graph) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.GRAPH)
        .setG(graph)
        .build();
  }

  @Test
  void aModelWithFunctionsComputesTheSameWithoutThem() throws Exception {
    byte[] model = model(inner(), outer()).build().toByteArray();

    Graph graph = OnnxReader.read(model);

    assertThat(graph.nodes()).extracting(Node::domain).doesNotContain(DOMAIN);
    assertThat(graph.nodes()).extracting(Node::opType).contains("If", "LeakyRelu");
    for (long seed = 1; seed < 8; seed++) {
      assertThat(OnnxRuntime.run(graph, seed))
          .usingRecursiveComparison()
          .isEqualTo(OnnxRuntime.run(model, graph, seed));
    }
  }

  @Test
  void whatAFunctionDoesToChannelsIsSeen() throws Exception {
    FunctionProto plain =
        function("Outer", List.of("x", "scale"), List.of("y"))
            .addNode(node("", "Mul", List.of("x", "scale"), List.of("y")))
            .build();

    DependencyGraph graph = DependencyGraph.of(OnnxReader.read(model(plain).build().toByteArray()));

    assertThat(graph.groups()).singleElement().matches(g -> g.id().equals("first"));
  }

  @Test
  void anInputMayBeAnOutput() throws Exception {
    FunctionProto same = function("Outer", List.of("x", "scale"), List.of("x")).build();
    byte[] model = model(same).build().toByteArray();

    Graph graph = OnnxReader.read(model);

    assertThat(graph.nodes()).extracting(Node::opType).contains("Identity");
    assertThat(OnnxRuntime.run(graph, 1)).hasSize(1);
  }

  @Test
  void aFunctionThatCallsItselfIsRefused() throws Exception {
    FunctionProto endless =
        function("Outer", List.of("x", "scale"), List.of("y"))
            .addNode(node(DOMAIN, "Outer", List.of("x", "scale"), List.of("y")))
            .build();
    byte[] model = model(endless).build().toByteArray();

    assertThatThrownBy(() -> OnnxReader.read(model))
        .isInstanceOfSatisfying(
            InvalidModelException.class,
            e -> assertThat(e.kind()).isEqualTo(InvalidModelException.Kind.TOO_LARGE));
  }

  @Test
  void anotherVersionOfTheOperatorSetIsRefused() throws Exception {
    FunctionProto.Builder old = inner().toBuilder().setName("Outer").addInput("scale");
    old.getOpsetImportBuilder(0).setVersion(9);
    byte[] model = model(old.build()).build().toByteArray();

    assertThatThrownBy(() -> OnnxReader.read(model))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("version 9");
  }
}
