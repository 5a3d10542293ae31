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
import io.rspar.graph.Attribute;
import io.rspar.graph.Graph;
import io.rspar.graph.InvalidModelException;
import io.rspar.graph.Node;
import io.rspar.graph.Tensor;
import io.rspar.graph.ValueInfo;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
      replace(file, model(graph, null));
      return;
    }
    Path data = file.resolveSibling(file.getFileName() + ".data");
    Path temporary = data.resolveSibling(data.getFileName() + ".part");
    try {
      ModelProto model;
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        model = model(graph, new ExternalSink(channel, data.getFileName().toString()));
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
    try {
      return model(graph, null).toByteArray();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static long initializerBytes(Graph graph) {
    return graph.initializers().values().stream().mapToLong(Tensor::byteCount).sum();
  }

  private static void replace(Path file, ModelProto model) throws IOException {
    // A graph may hold memory maps of the very file that is replaced: never write into it.
    Path temporary = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
        model.writeTo(out);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static ModelProto model(Graph graph, ExternalSink external) throws IOException {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(Math.max(graph.irVersion(), IR_VERSION_WITH_CONSTANT_INITIALIZERS))
            .setProducerName(graph.producer());
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
    for (Map.Entry<String, Tensor> entry : graph.initializers().entrySet()) {
      Tensor tensor = entry.getValue();
      proto.addInitializer(
          external == null || tensor.byteCount() < EXTERNAL_MINIMUM_BYTES
              ? TensorCodec.encode(entry.getKey(), tensor)
              : external.append(entry.getKey(), tensor));
    }
    graph.inputs().forEach(input -> proto.addInput(valueInfo(input)));
    graph.outputs().forEach(output -> proto.addOutput(valueInfo(output)));
    graph.values().forEach(value -> proto.addValueInfo(valueInfo(value)));
    return model.setGraph(proto).build();
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

  /** Appends tensors to the file of external data. */
  private static final class ExternalSink {
    private final FileChannel channel;
    private final String location;

    ExternalSink(FileChannel channel, String location) {
      this.channel = channel;
      this.location = location;
    }

    TensorProto.Builder append(String name, Tensor tensor) throws IOException {
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
          .addExternalData(entry("length", Integer.toString(length)));
    }

    private static StringStringEntryProto entry(String key, String value) {
      return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
  }
}
