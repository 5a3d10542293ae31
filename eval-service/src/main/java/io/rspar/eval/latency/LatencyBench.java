package io.rspar.eval.latency;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.rspar.events.FailureReason;
import io.rspar.events.LatencyComparison;
import io.rspar.events.LatencyMeasurement;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.Validity;
import io.rspar.graph.Tensor;
import io.rspar.kit.failure.WorkException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;

/**
 * Measures two models against each other on this device. Each sample times both, in an order that
 * changes from sample to sample (A B, B A, …), so that drift of the machine's speed meets both
 * alike; what is decided on is the ratio of medians. The samples are of several sessions with
 * models that were loaded anew, so that what is peculiar to one of them does not decide.
 */
public final class LatencyBench {
  private static final int RESAMPLES = 1000;

  private static final int SESSIONS = 5;

  private final String deviceClass;

  public LatencyBench(String deviceClass) {
    this.deviceClass = deviceClass;
  }

  /**
   * Compares a pruned model with its original.
   *
   * @param dense the original
   * @param pruned the pruned model
   * @param examples what both models read, by input name: as many examples as are timed at once
   * @param progress told the share that is done
   */
  public LatencyComparison compare(
      Path dense,
      Path pruned,
      Map<String, Tensor> examples,
      MeasurementSettings settings,
      DoubleConsumer progress) {
    Samples samples = new Samples(settings);
    try {
      for (int session = 1; session <= SESSIONS; session++) {
        int end = (int) ((long) settings.getSamples() * session / SESSIONS);
        if (samples.continueTo(end)) {
          try (TimedModel a = TimedModel.load(dense, examples, settings);
              TimedModel b = TimedModel.load(pruned, examples, settings)) {
            for (int i = 0; i < settings.getWarmup(); i++) {
              a.runNanos();
              b.runNanos();
            }
            while (samples.continueTo(end)) {
              samples.take(a, b);
              progress.accept((double) samples.taken / settings.getSamples());
            }
          }
        }
      }
      return comparison(
          Distribution.of(Arrays.copyOf(samples.dense, samples.taken)),
          Distribution.of(Arrays.copyOf(samples.pruned, samples.taken)),
          settings);
    } catch (OrtException e) {
      throw new WorkException(
          FailureReason.INVALID_MODEL,
          "ONNX Runtime cannot run the model: " + e.getMessage(),
          "check that the original model runs in ONNX Runtime on these data",
          e);
    }
  }

  LatencyComparison comparison(
      Distribution dense, Distribution pruned, MeasurementSettings settings) {
    double ratio = ratio(dense.quantile(0.5), pruned.quantile(0.5));
    double[] interval = bootstrap(dense, pruned);
    boolean enough = dense.samples() >= settings.getMinimumSamples();
    return LatencyComparison.newBuilder()
        .setDense(measurement(dense))
        .setPruned(measurement(pruned))
        .setRatio(ratio)
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
        .build();
  }

  /** Ends of the 95 % percentile-bootstrap interval of the ratio of medians. */
  private static double[] bootstrap(Distribution dense, Distribution pruned) {
    if (dense.samples() == 0) {
      return new double[] {1, 1};
    }
    Random random = new Random(0);
    double[] ratios = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      ratios[i] = ratio(dense.resampledMedian(random), pruned.resampledMedian(random));
    }
    Arrays.sort(ratios);
    return new double[] {ratios[RESAMPLES * 25 / 1000], ratios[RESAMPLES * 975 / 1000 - 1]};
  }

  /** Samples of both models (nanoseconds per inference), from all sessions. */
  private static final class Samples {
    private final long[] dense;
    private final long[] pruned;
    private int taken;

    /** Of the time limit: loading and warming up do not count. */
    private long nanosLeft;

    Samples(MeasurementSettings settings) {
      dense = new long[settings.getSamples()];
      pruned = new long[settings.getSamples()];
      nanosLeft = (long) (settings.getTimeLimitSeconds() * 1e9);
    }

    boolean continueTo(int end) {
      return taken < end && nanosLeft > 0;
    }

    void take(TimedModel a, TimedModel b) throws OrtException {
      long begin = System.nanoTime();
      if (taken % 2 == 0) {
        dense[taken] = a.runNanos();
        pruned[taken] = b.runNanos();
      } else {
        pruned[taken] = b.runNanos();
        dense[taken] = a.runNanos();
      }
      taken++;
      nanosLeft -= System.nanoTime() - begin;
    }
  }

  private static double ratio(long dense, long pruned) {
    return dense == 0 ? 1 : (double) pruned / dense;
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
