package io.rspar.runtime.testing;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.Node;
import io.rspar.graph.ValueInfo;
import io.rspar.graph.onnx.OnnxWriter;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Graphs as attributes of control-flow nodes. */
final class Subgraphs {
  private Subgraphs() {}

  /** What the graph reads and does not define is captured. */
  static Attribute attribute(String name, Graph body) {
    try {
      GraphProto proto = ModelProto.parseFrom(OnnxWriter.toBytes(body)).getGraph();
      AttributeProto attribute =
          AttributeProto.newBuilder()
              .setName(name)
              .setType(AttributeProto.AttributeType.GRAPH)
              .setG(proto)
              .build();
      return new Attribute.Opaque(attribute.toByteString(), List.copyOf(captures(body)));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what was written is read", e);
    }
  }

  private static Set<String> captures(Graph body) {
    Set<String> defined = new HashSet<>(body.initializers().keySet());
    body.inputs().forEach(input -> defined.add(input.name()));
    body.nodes().forEach(node -> defined.addAll(node.outputs()));
    Set<String> captures = new LinkedHashSet<>();
    for (Node node : body.nodes()) {
      captures.addAll(node.inputs());
      for (Attribute attribute : node.attributes().values()) {
        if (attribute instanceof Attribute.Opaque inner) {
          captures.addAll(inner.captures());
        }
      }
    }
    body.outputs().stream().map(ValueInfo::name).forEach(captures::add);
    captures.removeAll(defined);
    captures.remove("");
    return captures;
  }
}
