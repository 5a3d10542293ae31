package io.rspar.runtime.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.rspar.runtime.LabelSampler;
import io.rspar.runtime.Network;
import io.rspar.runtime.Torch;
import io.rspar.runtime.data.Batch;
import io.rspar.runtime.data.Batches;
import io.rspar.runtime.data.Dataset;
import io.rspar.runtime.data.Slice;
import io.rspar.runtime.testing.Digits;
import io.rspar.runtime.testing.Graphs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Native memory is invisible to the garbage collector: what counts is the resident set. */
@EnabledOnOs(OS.LINUX)
class MemoryTest {
  /** One leaked batch of activations per step would be more than 200 MB over 1,000 steps. */
  private static final long BOUND_KIB = 48 * 1024;

  private static final int BATCH_SIZE = 16;

  private final Dataset data = Digits.train().slice(Slice.first(100 * (BATCH_SIZE / 2)));

  private static long residentKib() throws IOException {
    System.gc();
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  /** Work that runs a number of batches. */
  private interface Work {
    void run(int batches);
  }

  /** What leaks grows every time; a Java heap that finds its size does so once. */
  private static void assertSteady(Work work) throws IOException {
    work.run(300);
    long growth = growthKib(work);
    if (growth >= BOUND_KIB) {
      growth = growthKib(work);
    }
    assertThat(growth).as("growth in KiB over 1,000 batches").isLessThan(BOUND_KIB);
  }

  private static long growthKib(Work work) throws IOException {
    long before = residentKib();
    work.run(1000);
    long growth = residentKib() - before;
    System.out.printf("resident memory grew by %d KiB over 1,000 batches%n", growth);
    return growth;
  }

  @Test
  void trainingDoesNotGrow() throws IOException {
    try (Network network = Network.load(Graphs.residual(1, 8, 10))) {
      double epochsPerBatch = (double) BATCH_SIZE / data.size();
      assertSteady(
          batches ->
              FineTuning.run(
                  network,
                  data,
                  FineTuningSettings.of(batches * epochsPerBatch, BATCH_SIZE, 1e-3, 1),
                  TrainingProgress.SILENT));
    }
  }

  @Test
  void evaluationDoesNotGrow() throws IOException {
    try (Network network = Network.load(Graphs.residual(1, 8, 10))) {
      int batchesPerRun = data.size() / BATCH_SIZE;
      assertSteady(
          batches -> {
            for (int done = 0; done < batches; done += batchesPerRun) {
              Evaluator.evaluate(network, data, BATCH_SIZE);
            }
          });
    }
  }

  @Test
  void observationAndCalibrationDoNotGrow() throws IOException {
    try (NDManager manager = Torch.newManager();
        Network network = Network.load(Graphs.residual(1, 8, 10))) {
      LabelSampler labels = LabelSampler.fromModel(1);
      assertSteady(
          batches -> {
            for (int done = 0; done < batches; ) {
              for (int[] indices : Batches.sequential(data.size(), BATCH_SIZE)) {
                try (Batch batch = data.batch(manager, indices)) {
                  network.observe(
                      batch, labels, Set.of("node_c_conv", "node_logits"), (n, in, g) -> {});
                }
                done++;
              }
              BatchNormCalibration.run(network, data, 64, BATCH_SIZE, 1, true, 1);
            }
          });
    }
  }
}
