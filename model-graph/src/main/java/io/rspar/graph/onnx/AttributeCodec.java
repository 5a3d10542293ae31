package io.rspar.graph.onnx;

import static io.rspar.graph.InvalidModelException.Kind.MALFORMED;
import static io.rspar.graph.InvalidModelException.Kind.TOO_LARGE;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.rspar.graph.Attribute;
import io.rspar.graph.InvalidModelException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** {@code AttributeProto} to {@link Attribute} and back. */
final class AttributeCodec {
  private final TensorCodec tensors;
  private final OnnxLimits limits;

  AttributeCodec(TensorCodec tensors, OnnxLimits limits) {
    this.tensors = tensors;
    this.limits = limits;
  }

  Attribute decode(AttributeProto proto) {
    return switch (typeOf(proto)) {
      case INT -> new Attribute.OfInt(proto.getI());
      case FLOAT -> new Attribute.OfFloat(proto.getF());
      case INTS -> new Attribute.OfInts(proto.getIntsList());
      case FLOATS -> new Attribute.OfFloats(proto.getFloatsList());
      case STRING ->
          proto.getS().isValidUtf8()
              ? new Attribute.OfString(proto.getS().toStringUtf8())
              : opaque(proto);
      case STRINGS ->
          proto.getStringsList().stream().allMatch(ByteString::isValidUtf8)
              ? new Attribute.OfStrings(
                  proto.getStringsList().stream().map(ByteString::toStringUtf8).toList())
              : opaque(proto);
      // Text has no place in the arithmetic of a network; it is only carried through.
      case TENSOR ->
          proto.getT().getDataType() == TensorProto.DataType.STRING.getNumber()
              ? opaque(proto)
              : new Attribute.OfTensor(tensors.decode(proto.getT()));
      default -> opaque(proto);
    };
  }

  AttributeProto encode(String name, Attribute attribute) {
    AttributeProto.Builder builder = AttributeProto.newBuilder().setName(name);
    if (attribute instanceof Attribute.OfInt a) {
      return builder.setType(AttributeType.INT).setI(a.value()).build();
    } else if (attribute instanceof Attribute.OfFloat a) {
      return builder.setType(AttributeType.FLOAT).setF(a.value()).build();
    } else if (attribute instanceof Attribute.OfString a) {
      return builder.setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(a.value())).build();
    } else if (attribute instanceof Attribute.OfInts a) {
      return builder.setType(AttributeType.INTS).addAllInts(a.values()).build();
    } else if (attribute instanceof Attribute.OfFloats a) {
      return builder.setType(AttributeType.FLOATS).addAllFloats(a.values()).build();
    } else if (attribute instanceof Attribute.OfStrings a) {
      return builder
          .setType(AttributeType.STRINGS)
          .addAllStrings(a.values().stream().map(ByteString::copyFromUtf8).toList())
          .build();
    } else if (attribute instanceof Attribute.OfTensor a) {
      return builder
          .setType(AttributeType.TENSOR)
          .setT(TensorCodec.encode("", a.value()).clearName())
          .build();
    } else if (attribute instanceof Attribute.Opaque a) {
      try {
        return AttributeProto.parseFrom(a.serialized());
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalArgumentException("attribute '" + name + "' is not an AttributeProto", e);
      }
    }
    throw new IllegalArgumentException("attribute '" + name + "' is a " + attribute.getClass());
  }

  /** The type, which files older than IR version 3 leave out. */
  private static AttributeType typeOf(AttributeProto proto) {
    if (proto.getType() != AttributeType.UNDEFINED) {
      return proto.getType();
    }
    if (proto.hasF()) {
      return AttributeType.FLOAT;
    } else if (proto.hasI()) {
      return AttributeType.INT;
    } else if (proto.hasS()) {
      return AttributeType.STRING;
    } else if (proto.hasT()) {
      return AttributeType.TENSOR;
    } else if (proto.getIntsCount() > 0) {
      return AttributeType.INTS;
    } else if (proto.getFloatsCount() > 0) {
      return AttributeType.FLOATS;
    } else if (proto.getStringsCount() > 0) {
      return AttributeType.STRINGS;
    }
    return AttributeType.UNDEFINED;
  }

  private Attribute opaque(AttributeProto proto) {
    Set<String> captures = new LinkedHashSet<>();
    if (proto.hasG()) {
      captures(proto.getG(), Set.of(), captures, 1);
    }
    for (GraphProto graph : proto.getGraphsList()) {
      captures(graph, Set.of(), captures, 1);
    }
    return new Attribute.Opaque(proto.toByteString(), List.copyOf(captures));
  }

  /** Collects the names that a subgraph reads and neither it nor a graph around it defines. */
  private void captures(GraphProto graph, Set<String> outer, Set<String> found, int depth) {
    if (depth > limits.maxNesting()) {
      throw new InvalidModelException(
          TOO_LARGE,
          "subgraphs are nested deeper than " + limits.maxNesting() + " levels",
          "export the model without nested control flow");
    }
    Set<String> defined = new HashSet<>(outer);
    graph.getInputList().forEach(input -> defined.add(input.getName()));
    for (TensorProto initializer : graph.getInitializerList()) {
      if (initializer.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
        throw new InvalidModelException(
            MALFORMED,
            "the subgraph '" + graph.getName() + "' keeps '" + initializer.getName() + "' outside",
            "store the weights of subgraphs in the model file");
      }
      defined.add(initializer.getName());
    }
    graph.getNodeList().forEach(node -> defined.addAll(node.getOutputList()));
    for (NodeProto node : graph.getNodeList()) {
      for (String input : node.getInputList()) {
        if (!input.isEmpty() && !defined.contains(input)) {
          found.add(input);
        }
      }
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          captures(attribute.getG(), defined, found, depth + 1);
        }
        for (GraphProto inner : attribute.getGraphsList()) {
          captures(inner, defined, found, depth + 1);
        }
      }
    }
    graph
        .getOutputList()
        .forEach(
            output -> {
              if (!defined.contains(output.getName())) {
                found.add(output.getName());
              }
            });
  }
}
