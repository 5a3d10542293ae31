package io.rspar.graph.onnx;

import static io.rspar.graph.InvalidModelException.Kind.MALFORMED;
import static io.rspar.graph.InvalidModelException.Kind.TOO_LARGE;
import static io.rspar.graph.InvalidModelException.Kind.UNREADABLE;
import static io.rspar.graph.InvalidModelException.Kind.UNSUPPORTED;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.rspar.graph.Attribute;
import io.rspar.graph.DataType;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.ModelChecks;
import io.rspar.graph.Node;
import io.rspar.graph.Shape;
import io.rspar.graph.Tensor;
import io.rspar.graph.TopologicalOrder;
import io.rspar.graph.ValueInfo;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads an ONNX model. Beyond a literal copy it does three things: nodes get unique names and a
 * topological order; initialisers that old files list as inputs too are no inputs; and an {@code
 * Identity} of an initialiser becomes an initialiser of its own, because exporters use it to store
 * equal weights of unrelated layers once, and such layers must stay free to be pruned apart.
 */
public final class OnnxReader {
  /**
   * Weights of bigger files stay on disk, as memory maps. Smaller ones are read at once, so that it
   * does not matter what becomes of the file.
   */
  private static final long MAPPED_FROM_BYTES = 64L << 20;

  private OnnxReader() {}

  /**
   * Reads a model and, as memory maps, the external data beside it.
   *
   * @throws InvalidModelException UNREADABLE, MALFORMED, UNSUPPORTED or TOO_LARGE; the message
   *     names the file
   */
  public static Graph read(Path file) {
    return read(file, OnnxLimits.DEFAULT);
  }

  /** As {@link #read(Path)} with other limits. */
  public static Graph read(Path file, OnnxLimits limits) {
    ByteString bytes;
    try {
      long size = Files.size(file);
      if (size > limits.maxFileBytes()) {
        throw new InvalidModelException(
            TOO_LARGE,
            "'" + file + "' has " + size + " bytes, at most " + limits.maxFileBytes() + " are read",
            "store the weights as external data");
      }
      bytes = size < MAPPED_FROM_BYTES ? wrap(Files.readAllBytes(file)) : map(file, size);
    } catch (NoSuchFileException e) {
      throw new InvalidModelException(
          UNREADABLE, "'" + file + "' does not exist", "check the path of the model", e);
    } catch (IOException e) {
      throw new InvalidModelException(
          UNREADABLE,
          "'" + file + "' cannot be read: " + e.getMessage(),
          "check the path and the permissions of the model",
          e);
    }
    try {
      return parse(bytes, new ExternalData(file.toAbsolutePath().getParent()), limits);
    } catch (InvalidModelException e) {
      throw new InvalidModelException(e.kind(), "'" + file + "': " + e.getMessage(), e.remedy(), e);
    }
  }

  /**
   * Reads a model that keeps all its weights in the file.
   *
   * @param bytes the file; must not change afterwards, since weights are views of it
   * @throws InvalidModelException UNREADABLE, MALFORMED, UNSUPPORTED or TOO_LARGE
   */
  public static Graph read(byte[] bytes) {
    return parse(wrap(bytes), new ExternalData(null), OnnxLimits.DEFAULT);
  }

  /**
   * The graph that a control-flow node carries.
   *
   * @param attribute of the node: then_branch, else_branch or body
   * @param outer the graph of the node, whose operator sets count inside too
   * @return a graph that may read values of the outer one, and whose inputs and outputs need not
   *     say their shapes
   * @throws InvalidModelException UNSUPPORTED if it holds what no graph may hold
   */
  public static Graph subgraph(Attribute.Opaque attribute, Graph outer) {
    try {
      GraphProto proto = AttributeProto.parseFrom(attribute.serialized()).getG();
      return new Conversion(new ExternalData(null), OnnxLimits.DEFAULT)
          .convertSubgraph(proto, attribute.captures(), outer);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("an attribute is not an AttributeProto", e);
    }
  }

  /** An immutable source lets weights alias the file's bytes instead of being copied. */
  private static ByteString wrap(byte[] bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  private static ByteString map(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return UnsafeByteOperations.unsafeWrap(channel.map(FileChannel.MapMode.READ_ONLY, 0, size));
    }
  }

  private static Graph parse(ByteString bytes, ExternalData external, OnnxLimits limits) {
    ModelProto model;
    try {
      CodedInputStream in = bytes.newCodedInput();
      in.enableAliasing(true);
      in.setSizeLimit(Integer.MAX_VALUE);
      model = ModelProto.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidModelException(
          UNREADABLE,
          "not an ONNX model, or a truncated one: " + e.getMessage(),
          "copy or export the file again",
          e);
    } catch (IOException e) {
      throw new InvalidModelException(UNREADABLE, e.getMessage(), "copy the file again", e);
    }
    if (!model.hasGraph() || model.getOpsetImportCount() == 0) {
      throw new InvalidModelException(
          UNREADABLE,
          "not an ONNX model, or a truncated one: it has no "
              + (model.hasGraph() ? "operator set" : "graph"),
          "copy or export the file again");
    }
    return new OnnxReader.Conversion(external, limits).convert(model);
  }

  /** One model on its way from protobuf to {@link Graph}. */
  private static final class Conversion {
    private final OnnxLimits limits;
    private final TensorCodec tensors;
    private final AttributeCodec attributes;

    Conversion(ExternalData external, OnnxLimits limits) {
      this.limits = limits;
      this.tensors = new TensorCodec(external, limits);
      this.attributes = new AttributeCodec(tensors, limits);
    }

    Graph convert(ModelProto model) {
      requireSupported(model.getGraph());
      FunctionInliner functions = new FunctionInliner(model, limits);
      GraphProto proto = functions.inline(model.getGraph());
      Map<String, Tensor> initializers = initializers(proto);
      List<ValueInfo> inputs = new ArrayList<>();
      for (ValueInfoProto input : proto.getInputList()) {
        if (!initializers.containsKey(input.getName())) {
          inputs.add(valueInfo(input));
        }
      }
      List<ValueInfo> outputs = proto.getOutputList().stream().map(this::valueInfo).toList();
      List<Node> nodes = resolveAliases(nodes(proto), initializers, outputs);

      Set<String> given = new HashSet<>(initializers.keySet());
      inputs.forEach(input -> given.add(input.name()));
      Map<String, Long> opsets = new HashMap<>();
      functions.opsets().forEach((domain, version) -> opsets.put(domain(domain), version));
      Map<String, String> metadata = new LinkedHashMap<>();
      for (StringStringEntryProto entry : model.getMetadataPropsList()) {
        metadata.put(entry.getKey(), entry.getValue());
      }
      Graph graph =
          new Graph(
              proto.getName(),
              inputs,
              outputs,
              TopologicalOrder.of(nodes, given),
              initializers,
              opsets,
              model.getIrVersion(),
              (model.getProducerName() + " " + model.getProducerVersion()).strip(),
              metadata,
              values(proto, nodes));
      ModelChecks.requireWellFormed(graph);
      return graph;
    }

    /**
     * What a subgraph captures is there before it; whether it is well-formed shows when it runs.
     */
    Graph convertSubgraph(GraphProto proto, List<String> captures, Graph outer) {
      Map<String, Tensor> initializers = initializers(proto);
      List<ValueInfo> inputs = proto.getInputList().stream().map(this::looseInfo).toList();
      List<ValueInfo> outputs = proto.getOutputList().stream().map(this::looseInfo).toList();
      Set<String> given = new HashSet<>(captures);
      given.addAll(initializers.keySet());
      inputs.forEach(input -> given.add(input.name()));
      return new Graph(
          proto.getName(),
          inputs,
          outputs,
          TopologicalOrder.of(nodes(proto), given),
          initializers,
          outer.opsets(),
          outer.irVersion(),
          outer.producer(),
          Map.of());
    }

    /** Subgraphs need not declare types. */
    private ValueInfo looseInfo(ValueInfoProto proto) {
      return proto.getType().getTensorType().getElemType() == 0
          ? new ValueInfo(proto.getName(), DataType.FLOAT, Shape.UNRANKED)
          : valueInfo(proto);
    }

    private Map<String, Tensor> initializers(GraphProto proto) {
      Map<String, Tensor> initializers = new LinkedHashMap<>();
      for (TensorProto tensor : proto.getInitializerList()) {
        if (initializers.put(tensor.getName(), tensors.decode(tensor)) != null) {
          throw duplicate(tensor.getName());
        }
      }
      for (SparseTensorProto tensor : proto.getSparseInitializerList()) {
        String name = tensor.getValues().getName();
        if (initializers.put(name, tensors.decode(tensor)) != null) {
          throw duplicate(name);
        }
      }
      return initializers;
    }

    private static InvalidModelException duplicate(String name) {
      return new InvalidModelException(
          MALFORMED, "two initialisers are called '" + name + "'", "export the model again");
    }

    /** Declarations of tensors between the nodes; what is no tensor is not declared again. */
    private List<ValueInfo> values(GraphProto proto, List<Node> nodes) {
      Set<String> written = new HashSet<>();
      nodes.forEach(node -> written.addAll(node.outputs()));
      List<ValueInfo> values = new ArrayList<>();
      for (ValueInfoProto value : proto.getValueInfoList()) {
        boolean tensor =
            value.getType().hasTensorType()
                && DataType.isSupported(value.getType().getTensorType().getElemType());
        if (tensor && written.remove(value.getName())) {
          values.add(valueInfo(value));
        }
      }
      return values;
    }

    private void requireSupported(GraphProto proto) {
      if (proto.getNodeCount() > limits.maxNodes()) {
        throw new InvalidModelException(
            TOO_LARGE,
            proto.getNodeCount() + " nodes, at most " + limits.maxNodes() + " are read",
            "split the model");
      }
    }

    private List<Node> nodes(GraphProto proto) {
      // Names that the file gives come first, so that an invented one never takes them.
      Set<String> taken = new HashSet<>();
      proto.getNodeList().forEach(node -> taken.add(node.getName()));
      Set<String> used = new HashSet<>();
      List<Node> nodes = new ArrayList<>(proto.getNodeCount());
      for (int i = 0; i < proto.getNodeCount(); i++) {
        NodeProto node = proto.getNode(i);
        String name = node.getName();
        if (name.isEmpty() || !used.add(name)) {
          String stem = name.isEmpty() ? node.getOpType() : name;
          int suffix = i;
          do {
            name = stem + "_" + suffix++;
          } while (taken.contains(name) || !used.add(name));
        }
        Map<String, Attribute> byName = new HashMap<>();
        for (AttributeProto attribute : node.getAttributeList()) {
          byName.put(attribute.getName(), attributes.decode(attribute));
        }
        nodes.add(
            new Node(
                name,
                domain(node.getDomain()),
                node.getOpType(),
                node.getInputList(),
                node.getOutputList(),
                byName));
      }
      return nodes;
    }

    private static List<Node> resolveAliases(
        List<Node> nodes, Map<String, Tensor> initializers, List<ValueInfo> outputs) {
      Set<String> outputNames = new HashSet<>();
      outputs.forEach(output -> outputNames.add(output.name()));
      List<Node> kept = new ArrayList<>(nodes.size());
      for (Node node : nodes) {
        Tensor source = initializers.get(node.input(0));
        if (node.opType().equals("Identity")
            && node.domain().isEmpty()
            && source != null
            && !outputNames.contains(node.output(0))
            && !initializers.containsKey(node.output(0))) {
          initializers.put(node.output(0), source);
        } else {
          kept.add(node);
        }
      }
      return kept;
    }

    private ValueInfo valueInfo(ValueInfoProto proto) {
      if (!proto.getType().hasTensorType()) {
        throw new InvalidModelException(
            UNSUPPORTED,
            "the graph's value '" + proto.getName() + "' is not a tensor",
            "export the model so that it reads and writes plain tensors");
      }
      TypeProto.Tensor tensor = proto.getType().getTensorType();
      DataType type;
      try {
        type = DataType.ofOnnxCode(tensor.getElemType());
      } catch (InvalidModelException e) {
        throw new InvalidModelException(
            e.kind(), "'" + proto.getName() + "': " + e.getMessage(), e.remedy(), e);
      }
      if (!tensor.hasShape()) {
        return new ValueInfo(proto.getName(), type, Shape.UNRANKED);
      }
      List<Long> dims = new ArrayList<>();
      List<String> symbols = new ArrayList<>();
      for (TensorShapeProto.Dimension dim : tensor.getShape().getDimList()) {
        // Some exporters write 0 or -1 for an extent that they do not know.
        boolean open = !dim.hasDimValue() || dim.getDimValue() <= 0;
        dims.add(open ? Shape.UNKNOWN : dim.getDimValue());
        symbols.add(open ? dim.getDimParam() : "");
      }
      return new ValueInfo(proto.getName(), type, Shape.of(dims), symbols);
    }

    /** ONNX's own operator set has two spellings. */
    private static String domain(String domain) {
      return domain.equals("ai.onnx") ? "" : domain;
    }
  }
}
