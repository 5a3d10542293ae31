package io.rspar.eval.latency;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.rspar.events.FailureReason;
import io.rspar.events.MeasurementSettings;
import io.rspar.kit.failure.WorkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** A model loaded in ONNX Runtime with a fixed input, ready to be timed. */
public final class TimedModel implements AutoCloseable {
  private final OrtSession session;
  private final OnnxTensor input;
  private final Map<String, OnnxTensor> feed;

  private TimedModel(OrtSession session, String inputName, OnnxTensor input) {
    this.session = session;
    this.input = input;
    this.feed = Map.of(inputName, input);
  }

  /**
   * Loads a model into the inference runtime.
   *
   * @param example shape of one example, C×H×W
   * @throws WorkException INPUT_MISMATCH if the model fixes another batch size
   */
  public static TimedModel load(Path model, long[] example, MeasurementSettings settings)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    OrtSession session;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(settings.getThreads());
      options.setInterOpNumThreads(1);
      // Spinning worker threads make the tail depend on what else the machine does.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      session = environment.createSession(model.toString(), options);
    }
    try {
      NodeInfo info = session.getInputInfo().values().iterator().next();
      long[] shape = inputShape((TensorInfo) info.getInfo(), example, settings.getBatchSize());
      OnnxTensor input = OnnxTensor.createTensor(environment, noise(shape), shape);
      return new TimedModel(session, info.getName(), input);
    } catch (OrtException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /** The batch size asked for, unless the model fixes another. */
  private static long[] inputShape(TensorInfo info, long[] example, int batch) {
    long[] shape = new long[example.length + 1];
    long fixed = info.getShape().length == 0 ? -1 : info.getShape()[0];
    if (fixed > 0 && fixed != batch) {
      throw new WorkException(
          FailureReason.INPUT_MISMATCH,
          "the model's batch size is fixed at " + fixed + ", the request asks for " + batch,
          "set measurement.batchSize to " + fixed + " or export the model with an open batch axis");
    }
    shape[0] = batch;
    System.arraycopy(example, 0, shape, 1, example.length);
    return shape;
  }

  private static FloatBuffer noise(long[] shape) {
    int elements = 1;
    for (long dim : shape) {
      elements = Math.toIntExact(Math.multiplyExact((long) elements, dim));
    }
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(4 * elements).order(ByteOrder.nativeOrder()).asFloatBuffer();
    Random random = new Random(0);
    while (buffer.hasRemaining()) {
      buffer.put((float) random.nextGaussian());
    }
    return buffer.flip();
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
    input.close();
    session.close();
  }
}
