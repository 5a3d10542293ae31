package io.rspar.benchmarks.curvature;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The largest resident memory of this process while it is open, native memory included, looked at
 * every few milliseconds. Linux only; elsewhere it is zero.
 */
final class PeakMemory implements AutoCloseable {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final int INTERVAL_MILLIS = 20;

  private final AtomicLong peakKib = new AtomicLong();
  private final Thread sampler = new Thread(this::sample, "peak-memory");

  PeakMemory() {
    peakKib.set(residentKib());
    sampler.setDaemon(true);
    sampler.start();
  }

  private void sample() {
    while (!Thread.currentThread().isInterrupted()) {
      peakKib.accumulateAndGet(residentKib(), Math::max);
      try {
        Thread.sleep(INTERVAL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static long residentKib() {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The largest so far, in MiB: the Java machine, the model and the examples included. */
  double mib() {
    return Math.max(peakKib.get(), residentKib()) / 1024.0;
  }

  @Override
  public void close() {
    sampler.interrupt();
  }
}
