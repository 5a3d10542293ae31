package io.rspar.eval.latency;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.rspar.events.FailureReason;
import io.rspar.events.MeasurementSettings;
import io.rspar.graph.Tensor;
import io.rspar.kit.failure.WorkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model loaded in ONNX Runtime with fixed inputs, ready to be timed. */
public final class TimedModel implements AutoCloseable {
  private final OrtSession session;
  private final Map<String, OnnxTensor> feed = new LinkedHashMap<>();

  private TimedModel(OrtSession session) {
    this.session = session;
  }

  /**
   * Loads a model into the inference runtime.
   *
   * @param examples float32 arrays by input name, each with its batch axis; fed in the type that
   *     the model's input has
   * @throws WorkException INPUT_MISMATCH if the model fixes another batch size, or an input is of
   *     no type that data have
   */
  public static TimedModel load(
      Path file, Map<String, Tensor> examples, MeasurementSettings settings) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    OrtSession session;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(settings.getThreads());
      options.setInterOpNumThreads(1);
      // Spinning worker threads make the tail depend on what else the machine does.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      session = environment.createSession(file.toString(), options);
    }
    TimedModel model = new TimedModel(session);
    try {
      for (NodeInfo input : session.getInputInfo().values()) {
        TensorInfo info = (TensorInfo) input.getInfo();
        requireBatchSize(info, settings.getBatchSize());
        Tensor example = examples.get(input.getName());
        model.feed.put(input.getName(), tensor(environment, input.getName(), example, info.type));
      }
      return model;
    } catch (OrtException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private static void requireBatchSize(TensorInfo info, int batch) {
    long fixed = info.getShape().length == 0 ? -1 : info.getShape()[0];
    if (fixed > 0 && fixed != batch) {
      throw new WorkException(
          FailureReason.INPUT_MISMATCH,
          "the model's batch size is fixed at " + fixed + ", the request asks for " + batch,
          "set measurement.batchSize to " + fixed + " or export the model with an open batch axis");
    }
  }

  private static OnnxTensor tensor(
      OrtEnvironment environment, String input, Tensor example, OnnxJavaType type)
      throws OrtException {
    float[] values = example.toFloats();
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(values.length, type.size))
            .order(ByteOrder.nativeOrder());
    for (float value : values) {
      switch (type) {
        case FLOAT -> buffer.putFloat(value);
        case DOUBLE -> buffer.putDouble(value);
        case INT64 -> buffer.putLong((long) value);
        case INT32 -> buffer.putInt((int) value);
        case BOOL, INT8, UINT8 -> buffer.put((byte) value);
        default ->
            throw new WorkException(
                FailureReason.INPUT_MISMATCH,
                "the model's input '" + input + "' has element type " + type,
                "export the model with inputs of float32, float64, integers or booleans");
      }
    }
    return OnnxTensor.createTensor(environment, buffer.flip(), example.shape().toArray(), type);
  }

  /** Wall time of one inference in nanoseconds. */
  public long runNanos() throws OrtException {
    long start = System.nanoTime();
    try (OrtSession.Result result = session.run(feed)) {
      return System.nanoTime() - start;
    }
  }

  @Override
  public void close() throws OrtException {
    feed.values().forEach(OnnxTensor::close);
    session.close();
  }
}
