package io.rspar.benchmarks;

import java.lang.management.ManagementFactory;

/** Processor time of this process: all threads, garbage collection and compilation included. */
public final class CpuTime {
  private CpuTime() {}

  /** Seconds of processor time so far. */
  public static double seconds() {
    com.sun.management.OperatingSystemMXBean process =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return process.getProcessCpuTime() / 1e9;
  }
}
