package io.rspar.kit.metric;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Memory that Java objects and classes do not explain: tensors of libtorch, sessions of ONNX
 * Runtime, thread stacks, native code, and heap that is resident but free at the moment. What the
 * process has resident less what the virtual machine uses; Linux only.
 */
public final class NativeMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private NativeMemory() {}

  /** Exports it; where it cannot be known, nothing. */
  public static void export(MeterRegistry registry) {
    if (Files.isReadable(STATUS)) {
      Gauge.builder(Metric.NATIVE_MEMORY.meterName(), NativeMemory::bytes)
          .description(Metric.NATIVE_MEMORY.description())
          .baseUnit("bytes")
          .register(registry);
    }
  }

  /** NaN if it cannot be read. */
  static double bytes() {
    var memory = ManagementFactory.getMemoryMXBean();
    long own = memory.getHeapMemoryUsage().getUsed() + memory.getNonHeapMemoryUsage().getUsed();
    try (Stream<String> lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> 1024.0 * Long.parseLong(line.replaceAll("\\D", "")))
          .map(resident -> Math.max(0, resident - own))
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException e) {
      return Double.NaN;
    }
  }
}
