package io.rspar.eval.energy;

import ai.onnxruntime.OrtException;
import io.rspar.eval.latency.TimedModel;
import io.rspar.events.EnergyComparison;
import io.rspar.events.FailureReason;
import io.rspar.events.MeasurementSettings;
import io.rspar.graph.Tensor;
import io.rspar.kit.failure.WorkException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleConsumer;

/**
 * Measures the energy of two models against each other. Counters move about once a millisecond, so
 * a reading needs a block of inferences; blocks of original and pruned model alternate, and the
 * median per inference decides.
 */
public final class EnergyBench {
  /** Long enough that a counter's step of a millisecond is below one percent. */
  private static final long BLOCK_NANOS = 150_000_000;

  private static final int BLOCKS = 20;

  private final Path sysfs;

  /**
   * @param sysfs see {@link Powercap#open}
   */
  public EnergyBench(Path sysfs) {
    this.sysfs = sysfs;
  }

  /**
   * Compares a pruned model with its original.
   *
   * @param examples what both models read, by input name: as many examples as are timed at once
   * @param progress told the share that is done
   * @throws WorkException NO_ENERGY_METER if this machine has no meter
   */
  public EnergyComparison compare(
      Path dense,
      Path pruned,
      Map<String, Tensor> examples,
      MeasurementSettings settings,
      DoubleConsumer progress) {
    Powercap meter = Powercap.open(sysfs);
    try (TimedModel a = TimedModel.load(dense, examples, settings);
        TimedModel b = TimedModel.load(pruned, examples, settings)) {
      block(a, meter);
      block(b, meter);
      double[] aJoules = new double[BLOCKS];
      double[] bJoules = new double[BLOCKS];
      for (int i = 0; i < BLOCKS; i++) {
        if (i % 2 == 0) {
          aJoules[i] = block(a, meter);
          bJoules[i] = block(b, meter);
        } else {
          bJoules[i] = block(b, meter);
          aJoules[i] = block(a, meter);
        }
        progress.accept((i + 1.0) / BLOCKS);
      }
      return comparison(aJoules, bJoules, meter);
    } catch (OrtException e) {
      throw new WorkException(
          FailureReason.INVALID_MODEL,
          "ONNX Runtime cannot run the model: " + e.getMessage(),
          "check that the original model runs in ONNX Runtime on these data",
          e);
    }
  }

  /** Millijoules per inference over a block. */
  private static double block(TimedModel model, Powercap meter) throws OrtException {
    long[] before = meter.read();
    long end = System.nanoTime() + BLOCK_NANOS;
    int inferences = 0;
    do {
      model.runNanos();
      inferences++;
    } while (System.nanoTime() < end);
    return meter.between(before, meter.read()) / 1e3 / inferences;
  }

  static EnergyComparison comparison(double[] dense, double[] pruned, Powercap meter) {
    double a = median(dense);
    double b = median(pruned);
    if (!(a > 0)) {
      throw new WorkException(
          FailureReason.NO_ENERGY_METER,
          "energy cannot be measured on this evaluator: the counters stand still: "
              + meter.describe(),
          "run the evaluator on the machine itself, not where its counters are masked");
    }
    return EnergyComparison.newBuilder()
        .setDenseMillijoules(a)
        .setPrunedMillijoules(b)
        .setRatio(b / a)
        .setMeter(meter.describe())
        .setBlocks(dense.length)
        .build();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
