package io.rspar.eval.latency;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Names the processor. */
final class Device {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Device() {}

  /** The processor's model as Linux names it, else the architecture that Java names. */
  static String processor() {
    String cores = " (" + Runtime.getRuntime().availableProcessors() + " logical processors)";
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
              .filter(line -> line.startsWith("model name"))
              .map(line -> line.substring(line.indexOf(':') + 1).strip())
              .findFirst()
              .orElse(System.getProperty("os.arch"))
          + cores;
    } catch (IOException | UncheckedIOException e) {
      return System.getProperty("os.arch") + cores;
    }
  }
}
