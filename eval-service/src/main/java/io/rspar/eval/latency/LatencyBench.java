package io.rspar.eval.latency;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.rspar.events.FailureReason;
import io.rspar.events.LatencyComparison;
import io.rspar.events.LatencyMeasurement;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.Validity;
import io.rspar.graph.Tensor;
import io.rspar.kit.data.Recent;
import io.rspar.kit.failure.WorkException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;

/**
 * Measures two models against each other on this device. Each sample times both, in an order that
 * changes from sample to sample (A B, B A, …), so that drift of the machine's speed meets both
 * alike; what is decided on is the ratio of medians. The samples are of several sessions with
 * models that were loaded anew, some time apart, so that neither what is peculiar to one of them
 * nor a spell in which the machine treats the models differently decides. Between sessions the
 * models run unmeasured: a processor that was idle is slow for a while. For each session that was
 * {@linkplain Sessions disturbed} another one is taken, within limits.
 */
public final class LatencyBench {
  private static final int SESSIONS = 5;

  /** With those that take the place of disturbed ones. */
  private static final int MOST_SESSIONS = 10;

  /** Originals whose speed is remembered. */
  private static final int KNOWN = 64;

  private final String deviceClass;

  /** By original and settings, the fastest median that was seen of it (nanoseconds). */
  private final Map<List<Object>, Long> fastest = new Recent<>(KNOWN);

  public LatencyBench(String deviceClass) {
    this.deviceClass = deviceClass;
  }

  /**
   * Compares a pruned model with its original.
   *
   * @param dense the original
   * @param pruned the pruned model
   * @param examples what both models read, by input name: as many examples as are timed at once
   * @param spreadSeconds from the first session's start to the last one's, at least
   * @param progress told the share that is done
   */
  public LatencyComparison compare(
      Path dense,
      Path pruned,
      Map<String, Tensor> examples,
      MeasurementSettings settings,
      double spreadSeconds,
      DoubleConsumer progress) {
    List<Object> original = List.of(dense, settings.getThreads(), settings.getBatchSize());
    Sessions sessions = new Sessions(fastest.getOrDefault(original, Long.MAX_VALUE));
    int samples = (settings.getSamples() + SESSIONS - 1) / SESSIONS;
    long begin = System.nanoTime();
    long apart = (long) (spreadSeconds * 1e9 / (SESSIONS - 1));
    // Loading and warming up do not count.
    long nanosLeft = (long) (settings.getTimeLimitSeconds() * 1e9);
    try {
      for (int session = 0; session < MOST_SESSIONS; session++) {
        if (nanosLeft <= 0 || sessions.undisturbed() == SESSIONS) {
          break;
        }
        progress.accept((double) sessions.undisturbed() / SESSIONS);
        try (TimedModel a = TimedModel.load(dense, examples, settings);
            TimedModel b = TimedModel.load(pruned, examples, settings)) {
          warmUp(a, b, settings.getWarmup(), begin + apart * session);
          nanosLeft -= measure(a, b, samples, nanosLeft, sessions);
        }
      }
      progress.accept(1);
      sessions.settle();
      fastest.put(original, sessions.fastest());
      return comparison(sessions, settings);
    } catch (OrtException e) {
      throw new WorkException(
          FailureReason.INVALID_MODEL,
          "ONNX Runtime cannot run the model: " + e.getMessage(),
          "check that the original model runs in ONNX Runtime on these data",
          e);
    }
  }

  /** So many inferences of each model, and until that time. */
  private static void warmUp(TimedModel a, TimedModel b, int inferences, long untilNanos)
      throws OrtException {
    for (int i = 0; i < inferences || System.nanoTime() < untilNanos; i++) {
      a.runNanos();
      b.runNanos();
    }
  }

  /** Up to so many samples of each model; returns the nanoseconds that they took. */
  private static long measure(
      TimedModel a, TimedModel b, int samples, long limit, Sessions sessions) throws OrtException {
    long[] dense = new long[samples];
    long[] pruned = new long[samples];
    long begin = System.nanoTime();
    int taken = 0;
    while (taken < samples && System.nanoTime() - begin < limit) {
      if (taken % 2 == 0) {
        dense[taken] = a.runNanos();
        pruned[taken] = b.runNanos();
      } else {
        pruned[taken] = b.runNanos();
        dense[taken] = a.runNanos();
      }
      taken++;
    }
    sessions.add(Arrays.copyOf(dense, taken), Arrays.copyOf(pruned, taken));
    return System.nanoTime() - begin;
  }

  LatencyComparison comparison(Sessions sessions, MeasurementSettings settings) {
    Distribution dense = sessions.dense();
    double[] interval = dense.samples() == 0 ? new double[] {1, 1} : sessions.interval();
    boolean enough = dense.samples() >= settings.getMinimumSamples();
    return LatencyComparison.newBuilder()
        .setDense(measurement(dense))
        .setPruned(measurement(sessions.pruned()))
        .setRatio(sessions.ratio())
        .setRatioLow(interval[0])
        .setRatioHigh(interval[1])
        .setValidity(enough ? Validity.VALID : Validity.INVALID)
        .setInvalidReason(
            enough
                ? null
                : "only "
                    + dense.samples()
                    + " of at least "
                    + settings.getMinimumSamples()
                    + " samples were taken; raise measurement.samples or timeLimitSeconds")
        .setRuntime("ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion())
        .setDeviceClass(deviceClass)
        .setDevice(Device.processor())
        .setThreads(settings.getThreads())
        .setBatchSize(settings.getBatchSize())
        .setWarmup(settings.getWarmup())
        .setDisturbedSessions(sessions.disturbed())
        .build();
  }

  private static LatencyMeasurement measurement(Distribution d) {
    return LatencyMeasurement.newBuilder()
        .setP50Nanos(d.quantile(0.5))
        .setP90Nanos(d.quantile(0.9))
        .setP99Nanos(d.quantile(0.99))
        .setMeanNanos(d.mean())
        .setStdNanos(d.std())
        .setSamples(d.samples())
        .setVigintilesNanos(
            IntStream.rangeClosed(0, 20).mapToObj(i -> d.quantile(i / 20.0)).toList())
        .build();
  }
}
