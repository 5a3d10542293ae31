package io.rspar.graph.onnx;

import static io.rspar.graph.InvalidModelException.Kind.TOO_LARGE;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a graph as an ONNX model. The same graph always gives the same bytes. Weights go into the
 * file, or into {@code <file>.data} beside it when they come near protobuf's limit of 2 GiB.
 */
public final class OnnxWriter {
  /** Leaves room below protobuf's 2 GiB for nodes, names and attributes. */
  public static final long EXTERNAL_DATA_THRESHOLD_BYTES = 1_900_000_000L;

  /** ONNX Runtime maps external tensors directly where they start on a page. */
  private static final int EXTERNAL_ALIGNMENT_BYTES = 4096;

  /** Tensors below this size stay in the model file: shapes and scalars are read by every tool. */
  private static final int EXTERNAL_MINIMUM_BYTES = 1024;

  /** From this IR version on, initialisers need not be inputs and so are true constants. */
  private static final long IR_VERSION_WITH_CONSTANT_INITIALIZERS = 4;

  private OnnxWriter() {}

  /**
   * Writes the model; the file appears complete or not at all.
   *
   * @throws IOException if the folder cannot be written
   */
  public static void write(Graph graph, Path file) throws IOException {
    write(graph, file, EXTERNAL_DATA_THRESHOLD_BYTES);
  }

  /**
   * As {@link #write(Graph, Path)} with another threshold.
   *
   * @param externalThresholdBytes size of all initialisers from which on they go into a file of
   *     their own
   */
  public static void write(Graph graph, Path file, long externalThresholdBytes) throws IOException {
    if (initializerBytes(graph) < externalThresholdBytes) {
      replace(file, new Message(graph, inFile(graph)));
      return;
    }
    Path data = file.resolveSibling(file.getFileName() + ".data");
    Path temporary = data.resolveSibling(data.getFileName() + ".part");
    try {
      Message model;
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        ExternalSink sink = new ExternalSink(channel, data.getFileName().toString());
        model = new Message(graph, sink.store(graph));
      }
      Files.move(
          temporary, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      replace(file, model);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /**
   * The model as one file with all its weights.
   *
   * @throws InvalidModelException TOO_LARGE if it does not fit in 2 GiB
   */
  public static byte[] toBytes(Graph graph) {
    long weights = initializerBytes(graph);
    if (weights >= EXTERNAL_DATA_THRESHOLD_BYTES) {
      throw new InvalidModelException(
          TOO_LARGE,
          "the weights have " + weights + " bytes and do not fit in one ONNX file",
          "write the model to a path, with external data");
    }
    Message model = new Message(graph, inFile(graph));
    byte[] bytes = new byte[Math.toIntExact(model.size())];
    try {
      model.writeTo(CodedOutputStream.newInstance(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException("an array of the right size takes all bytes", e);
    }
    return bytes;
  }

  private static long initializerBytes(Graph graph) {
    return graph.initializers().values().stream().mapToLong(Tensor::byteCount).sum();
  }

  private static List<Weight> inFile(Graph graph) {
    List<Weight> weights = new ArrayList<>();
    graph.initializers().forEach((name, tensor) -> weights.add(Weight.inFile(name, tensor)));
    return weights;
  }

  private static void replace(Path file, Message model) throws IOException {
    // A graph may hold memory maps of the very file that is replaced: never write into it.
    Path temporary = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
        CodedOutputStream coded = CodedOutputStream.newInstance(out);
        model.writeTo(coded);
        coded.flush();
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static ValueInfoProto valueInfo(ValueInfo info) {
    TypeProto.Tensor.Builder tensor =
        TypeProto.Tensor.newBuilder().setElemType(info.type().onnxCode());
    if (info.shape().isRanked()) {
      TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
      for (int axis = 0; axis < info.shape().rank(); axis++) {
        TensorShapeProto.Dimension.Builder dim = TensorShapeProto.Dimension.newBuilder();
        if (info.shape().isKnown(axis)) {
          dim.setDimValue(info.shape().dim(axis));
        } else if (!info.symbols().get(axis).isEmpty()) {
          dim.setDimParam(info.symbols().get(axis));
        }
        shape.addDim(dim);
      }
      tensor.setShape(shape);
    }
    return ValueInfoProto.newBuilder()
        .setName(info.name())
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /**
   * The protobuf message of a model, written tensor by tensor: the message as one object would hold
   * a copy of every cut weight. The fields come in the order in which protobuf itself writes them.
   */
  private static final class Message {
    private static final int GRAPH_FIELD = ModelProto.GRAPH_FIELD_NUMBER;
    private static final int INITIALIZER_FIELD = GraphProto.INITIALIZER_FIELD_NUMBER;

    private final ModelProto beforeGraph;
    private final GraphProto beforeWeights;
    private final List<Weight> weights;
    private final GraphProto afterWeights;
    private final ModelProto afterGraph;

    Message(Graph graph, List<Weight> weights) {
      this.weights = weights;
      beforeGraph =
          ModelProto.newBuilder()
              .setIrVersion(Math.max(graph.irVersion(), IR_VERSION_WITH_CONSTANT_INITIALIZERS))
              .setProducerName(graph.producer())
              .build();
      beforeWeights = nodes(graph);
      GraphProto.Builder after = GraphProto.newBuilder();
      graph.inputs().forEach(input -> after.addInput(valueInfo(input)));
      graph.outputs().forEach(output -> after.addOutput(valueInfo(output)));
      graph.values().forEach(value -> after.addValueInfo(valueInfo(value)));
      afterWeights = after.build();
      ModelProto.Builder model = ModelProto.newBuilder();
      for (Map.Entry<String, Long> opset : new TreeMap<>(graph.opsets()).entrySet()) {
        model.addOpsetImport(
            OperatorSetIdProto.newBuilder().setDomain(opset.getKey()).setVersion(opset.getValue()));
      }
      graph
          .metadata()
          .forEach(
              (key, value) ->
                  model.addMetadataProps(
                      StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
      afterGraph = model.build();
    }

    private static GraphProto nodes(Graph graph) {
      GraphProto.Builder proto = GraphProto.newBuilder().setName(graph.name());
      AttributeCodec attributes = new AttributeCodec(null, OnnxLimits.DEFAULT);
      for (Node node : graph.nodes()) {
        NodeProto.Builder builder =
            NodeProto.newBuilder()
                .setName(node.name())
                .setDomain(node.domain())
                .setOpType(node.opType())
                .addAllInput(node.inputs())
                .addAllOutput(node.outputs());
        for (Map.Entry<String, Attribute> attribute : node.attributes().entrySet()) {
          builder.addAttribute(attributes.encode(attribute.getKey(), attribute.getValue()));
        }
        proto.addNode(builder);
      }
      return proto.build();
    }

    private long graphSize() {
      long size = beforeWeights.getSerializedSize() + (long) afterWeights.getSerializedSize();
      for (Weight weight : weights) {
        size += lengthDelimited(INITIALIZER_FIELD, weight.size());
      }
      return size;
    }

    long size() {
      return beforeGraph.getSerializedSize()
          + lengthDelimited(GRAPH_FIELD, graphSize())
          + afterGraph.getSerializedSize();
    }

    void writeTo(CodedOutputStream out) throws IOException {
      beforeGraph.writeTo(out);
      out.writeTag(GRAPH_FIELD, WireFormat.WIRETYPE_LENGTH_DELIMITED);
      out.writeUInt64NoTag(graphSize());
      beforeWeights.writeTo(out);
      for (Weight weight : weights) {
        out.writeTag(INITIALIZER_FIELD, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt64NoTag(weight.size());
        weight.writeTo(out);
      }
      afterWeights.writeTo(out);
      afterGraph.writeTo(out);
    }
  }

  /** Size of a field with its tag and length. */
  private static long lengthDelimited(int field, long size) {
    return CodedOutputStream.computeTagSize(field)
        + CodedOutputStream.computeUInt64SizeNoTag(size)
        + size;
  }

  /**
   * An initialiser.
   *
   * @param header the tensor without elements that lie in the model file
   * @param elements the tensor whose elements lie in the model file, or null
   */
  private record Weight(TensorProto header, Tensor elements) {
    private static final int RAW_DATA_FIELD = TensorProto.RAW_DATA_FIELD_NUMBER;

    static Weight inFile(String name, Tensor tensor) {
      return new Weight(TensorCodec.encodeHeader(name, tensor).build(), tensor);
    }

    static Weight external(TensorProto header) {
      return new Weight(header, null);
    }

    long size() {
      long raw = elements == null ? 0 : lengthDelimited(RAW_DATA_FIELD, elements.byteCount());
      return header.getSerializedSize() + raw;
    }

    void writeTo(CodedOutputStream out) throws IOException {
      header.writeTo(out);
      if (elements != null) {
        out.writeTag(RAW_DATA_FIELD, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt64NoTag(elements.byteCount());
        out.writeRawBytes(elements.bytes());
      }
    }
  }

  /** Appends tensors to the file of external data. */
  private static final class ExternalSink {
    private final FileChannel channel;
    private final String location;

    ExternalSink(FileChannel channel, String location) {
      this.channel = channel;
      this.location = location;
    }

    /** Writes all tensors but small ones, one after the other. */
    List<Weight> store(Graph graph) throws IOException {
      List<Weight> weights = new ArrayList<>();
      for (Map.Entry<String, Tensor> entry : graph.initializers().entrySet()) {
        Tensor tensor = entry.getValue();
        weights.add(
            tensor.byteCount() < EXTERNAL_MINIMUM_BYTES
                ? Weight.inFile(entry.getKey(), tensor)
                : Weight.external(append(entry.getKey(), tensor)));
      }
      return weights;
    }

    private TensorProto append(String name, Tensor tensor) throws IOException {
      long end = channel.position();
      long offset =
          (end + EXTERNAL_ALIGNMENT_BYTES - 1)
              / EXTERNAL_ALIGNMENT_BYTES
              * EXTERNAL_ALIGNMENT_BYTES;
      channel.position(offset);
      ByteBuffer bytes = tensor.bytes();
      int length = bytes.remaining();
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      return TensorCodec.encodeHeader(name, tensor)
          .setDataLocation(TensorProto.DataLocation.EXTERNAL)
          .addExternalData(entry("location", location))
          .addExternalData(entry("offset", Long.toString(offset)))
          .addExternalData(entry("length", Integer.toString(length)))
          .build();
    }

    private static StringStringEntryProto entry(String key, String value) {
      return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
  }
}
