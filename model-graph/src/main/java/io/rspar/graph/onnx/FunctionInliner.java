package io.rspar.graph.onnx;

import static io.rspar.graph.InvalidModelException.Kind.MALFORMED;
import static io.rspar.graph.InvalidModelException.Kind.TOO_LARGE;
import static io.rspar.graph.InvalidModelException.Kind.UNSUPPORTED;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import io.rspar.graph.InvalidModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts the body of a model's own functions in the place of each call, as the ONNX specification
 * defines a call: values and nodes of the body get names of their own, and attributes of the body
 * that refer to attributes of the function take those of the call, or their defaults.
 */
final class FunctionInliner {
  private final OnnxLimits limits;
  private final Map<String, FunctionProto> functions = new HashMap<>();
  private final Map<String, Long> opsets = new LinkedHashMap<>();
  private final Set<String> names = new HashSet<>();
  private int nodes;

  /**
   * The functions of a model.
   *
   * @throws InvalidModelException UNSUPPORTED if a function that is called is written in another
   *     version of an operator set than the model
   */
  FunctionInliner(ModelProto model, OnnxLimits limits) {
    this.limits = limits;
    for (OperatorSetIdProto opset : model.getOpsetImportList()) {
      opsets.put(opset.getDomain(), opset.getVersion());
    }
    for (FunctionProto function : model.getFunctionsList()) {
      functions.put(
          key(function.getDomain(), function.getName(), function.getOverload()), function);
    }
    if (!functions.isEmpty()) {
      collectNames(model.getGraph());
    }
  }

  private static String key(String domain, String name, String overload) {
    return domain + ":" + name + ":" + overload;
  }

  private void collectNames(GraphProto graph) {
    graph.getInputList().forEach(input -> names.add(input.getName()));
    graph.getInitializerList().forEach(tensor -> names.add(tensor.getName()));
    for (NodeProto node : graph.getNodeList()) {
      names.add(node.getName());
      names.addAll(node.getOutputList());
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.hasG()) {
          collectNames(attribute.getG());
        }
        attribute.getGraphsList().forEach(this::collectNames);
      }
    }
  }

  /** Versions of all operator sets of the model without functions. */
  Map<String, Long> opsets() {
    return opsets;
  }

  /**
   * The graph without calls.
   *
   * @throws InvalidModelException TOO_LARGE if functions call themselves or the bodies get too many
   */
  GraphProto inline(GraphProto graph) {
    return functions.isEmpty() ? graph : inline(graph, 0);
  }

  private GraphProto inline(GraphProto graph, int depth) {
    GraphProto.Builder inlined = graph.toBuilder().clearNode();
    for (NodeProto node : graph.getNodeList()) {
      inlined.addAllNode(inline(node, depth));
    }
    return inlined.build();
  }

  private List<NodeProto> inline(NodeProto node, int depth) {
    if (depth > limits.maxNesting() || ++nodes > limits.maxNodes()) {
      throw new InvalidModelException(
          TOO_LARGE,
          "functions are nested deeper than "
              + limits.maxNesting()
              + " levels or have more than "
              + limits.maxNodes()
              + " nodes together",
          "inline them (onnx.inliner.inline_local_functions) and split the model");
    }
    FunctionProto function =
        functions.get(key(node.getDomain(), node.getOpType(), node.getOverload()));
    if (function == null) {
      NodeProto.Builder plain = node.toBuilder();
      for (int i = 0; i < node.getAttributeCount(); i++) {
        plain.setAttribute(i, inlineSubgraphs(node.getAttribute(i), depth));
      }
      return List.of(plain.build());
    }
    requireSameOpsets(function);
    List<NodeProto> body = new ArrayList<>();
    for (NodeProto inner : new Call(node, function).body()) {
      body.addAll(inline(inner, depth + 1));
    }
    return body;
  }

  private AttributeProto inlineSubgraphs(AttributeProto attribute, int depth) {
    AttributeProto.Builder inlined = attribute.toBuilder();
    if (attribute.hasG()) {
      inlined.setG(inline(attribute.getG(), depth + 1));
    }
    for (int i = 0; i < attribute.getGraphsCount(); i++) {
      inlined.setGraphs(i, inline(attribute.getGraphs(i), depth + 1));
    }
    return inlined.build();
  }

  private void requireSameOpsets(FunctionProto function) {
    for (OperatorSetIdProto opset : function.getOpsetImportList()) {
      Long version = opsets.putIfAbsent(opset.getDomain(), opset.getVersion());
      if (version != null && version != opset.getVersion()) {
        throw new InvalidModelException(
            UNSUPPORTED,
            "the function '"
                + function.getName()
                + "' is written in version "
                + opset.getVersion()
                + " of the operator set '"
                + opset.getDomain()
                + "', the model in version "
                + version,
            "inline the functions (onnx.inliner.inline_local_functions)");
      }
    }
  }

  /** One call: what the names and attributes of the body stand for. */
  private final class Call {
    private final FunctionProto function;
    private final Map<String, String> renamed = new HashMap<>();
    private final Map<String, AttributeProto> attributes = new HashMap<>();
    private final List<NodeProto> passedOn = new ArrayList<>();
    private final String prefix;

    Call(NodeProto node, FunctionProto function) {
      this.function = function;
      if (node.getInputCount() > function.getInputCount()
          || node.getOutputCount() > function.getOutputCount()) {
        throw new InvalidModelException(
            MALFORMED,
            "node '"
                + node.getName()
                + "' calls the function '"
                + function.getName()
                + "' with more inputs or outputs than it has",
            "export the model again");
      }
      prefix = freshPrefix(node);
      renamed.put("", "");
      for (int i = 0; i < function.getInputCount(); i++) {
        renamed.put(function.getInput(i), i < node.getInputCount() ? node.getInput(i) : "");
      }
      for (int i = 0; i < node.getOutputCount(); i++) {
        String output = function.getOutput(i);
        if (node.getOutput(i).isEmpty()) {
          continue;
        }
        // An input that is an output too, or one output that is given out twice.
        String source = renamed.putIfAbsent(output, node.getOutput(i));
        if (source != null) {
          passedOn.add(
              NodeProto.newBuilder()
                  .setOpType("Identity")
                  .addInput(source)
                  .addOutput(node.getOutput(i))
                  .build());
        }
      }
      function.getAttributeProtoList().forEach(a -> attributes.put(a.getName(), a));
      node.getAttributeList().forEach(a -> attributes.put(a.getName(), a));
    }

    private String freshPrefix(NodeProto node) {
      String stem = node.getName().isEmpty() ? node.getOpType() : node.getName();
      String fresh = stem + "/";
      for (int i = 2; !names.add(fresh) || isTaken(fresh); i++) {
        fresh = stem + "#" + i + "/";
      }
      return fresh;
    }

    private boolean isTaken(String candidate) {
      return function.getNodeList().stream()
          .flatMap(inner -> inner.getOutputList().stream())
          .anyMatch(output -> names.contains(candidate + output));
    }

    List<NodeProto> body() {
      List<NodeProto> body = new ArrayList<>();
      function.getNodeList().forEach(inner -> body.add(rename(inner)));
      body.addAll(passedOn);
      return body;
    }

    private String rename(String value) {
      return renamed.getOrDefault(value, prefix + value);
    }

    private NodeProto rename(NodeProto node) {
      NodeProto.Builder copy = node.toBuilder().clearInput().clearOutput().clearAttribute();
      if (!node.getName().isEmpty()) {
        copy.setName(prefix + node.getName());
      }
      node.getInputList().forEach(input -> copy.addInput(rename(input)));
      node.getOutputList().forEach(output -> copy.addOutput(rename(output)));
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.getRefAttrName().isEmpty()) {
          copy.addAttribute(rename(attribute));
        } else if (attributes.containsKey(attribute.getRefAttrName())) {
          copy.addAttribute(
              attributes.get(attribute.getRefAttrName()).toBuilder().setName(attribute.getName()));
        }
      }
      return copy.build();
    }

    private AttributeProto rename(AttributeProto attribute) {
      AttributeProto.Builder copy = attribute.toBuilder();
      if (attribute.hasG()) {
        copy.setG(rename(attribute.getG()));
      }
      for (int i = 0; i < attribute.getGraphsCount(); i++) {
        copy.setGraphs(i, rename(attribute.getGraphs(i)));
      }
      return copy.build();
    }

    /**
     * A subgraph sees the names of the body; its own ones differ from those and are renamed too.
     */
    private GraphProto rename(GraphProto graph) {
      GraphProto.Builder copy = graph.toBuilder().clearNode().clearValueInfo();
      copy.getInputBuilderList().forEach(input -> input.setName(rename(input.getName())));
      copy.getOutputBuilderList().forEach(output -> output.setName(rename(output.getName())));
      copy.getInitializerBuilderList().forEach(tensor -> tensor.setName(rename(tensor.getName())));
      graph.getNodeList().forEach(node -> copy.addNode(rename(node)));
      return copy.build();
    }
  }
}
