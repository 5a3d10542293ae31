package io.rspar.graph.onnx;

import static io.rspar.graph.InvalidModelException.Kind.TOO_LARGE;
import static io.rspar.graph.InvalidModelException.Kind.UNREADABLE;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.rspar.graph.InvalidModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/** Tensor bytes that lie in files beside the model; read as memory maps. */
final class ExternalData {
  private final Path folder;

  /**
   * Data beside a model.
   *
   * @param folder the model's folder, or null where the model did not come from a file
   */
  ExternalData(Path folder) {
    this.folder = folder;
  }

  ByteBuffer read(TensorProto tensor, long expectedBytes) {
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      entries.put(entry.getKey(), entry.getValue());
    }
    String location = entries.getOrDefault("location", "");
    if (folder == null) {
      throw new InvalidModelException(
          UNREADABLE,
          "tensor '" + tensor.getName() + "' lies in the external file '" + location + "'",
          "read the model from its path, with that file beside it");
    }
    Path file = resolve(tensor.getName(), location);
    long offset = number(tensor.getName(), entries, "offset", 0);
    long length = number(tensor.getName(), entries, "length", expectedBytes);
    if (length > Integer.MAX_VALUE) {
      throw new InvalidModelException(
          TOO_LARGE,
          "tensor '" + tensor.getName() + "' has " + length + " bytes",
          "split the tensor: one tensor may have at most 2 GiB");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (offset > channel.size() || length > channel.size() - offset) {
        throw new InvalidModelException(
            UNREADABLE,
            "tensor '"
                + tensor.getName()
                + "' ends behind the end of '"
                + location
                + "' ("
                + channel.size()
                + " bytes)",
            "copy the external data file again: it is truncated");
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
    } catch (IOException e) {
      throw new InvalidModelException(
          UNREADABLE,
          "the external data file '" + location + "' cannot be read: " + e.getMessage(),
          "put the file beside the model",
          e);
    }
  }

  private Path resolve(String tensor, String location) {
    try {
      Path root = folder.toRealPath();
      Path file = root.resolve(location).normalize();
      if (location.isEmpty() || !file.startsWith(root)) {
        throw outside(tensor, location);
      }
      if (!Files.isRegularFile(file)) {
        throw new InvalidModelException(
            UNREADABLE,
            "tensor '" + tensor + "' lies in the file '" + location + "', which does not exist",
            "put the external data file beside the model");
      }
      // A symbolic link may lead out of the folder even where the name does not.
      if (!file.toRealPath().startsWith(root)) {
        throw outside(tensor, location);
      }
      return file;
    } catch (IOException | InvalidPathException e) {
      throw new InvalidModelException(
          UNREADABLE,
          "the external data file '" + location + "' cannot be resolved: " + e.getMessage(),
          "put the file beside the model",
          e);
    }
  }

  private static InvalidModelException outside(String tensor, String location) {
    return new InvalidModelException(
        UNREADABLE,
        "tensor '" + tensor + "' points to '" + location + "', outside of the model's folder",
        "keep external data in the model's folder");
  }

  private static long number(
      String tensor, Map<String, String> entries, String key, long otherwise) {
    String text = entries.get(key);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below together with negative numbers.
    }
    throw new InvalidModelException(
        UNREADABLE,
        "tensor '" + tensor + "' has the external data " + key + " '" + text + "'",
        "export the model again");
  }
}
