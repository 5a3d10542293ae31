package io.rspar.eval.energy;

import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The energy counters of Linux's powercap framework: one per processor package, in microjoules,
 * counting up and wrapping around. They count the whole package, so other load on the machine
 * counts too.
 */
public final class Powercap {
  /** Where Linux shows the counters. */
  public static final Path SYSFS = Path.of("/sys/class/powercap");

  /**
   * One package's counter.
   *
   * @param name as the kernel names it: package-0
   * @param rangeMicrojoules the counter wraps around behind this
   */
  private record Zone(Path folder, String name, long rangeMicrojoules) {
    long read() {
      try {
        return number(folder.resolve("energy_uj"));
      } catch (IOException e) {
        throw unavailable("the counter " + folder + " cannot be read: " + e, e);
      }
    }
  }

  private final List<Zone> zones;

  private Powercap(List<Zone> zones) {
    this.zones = zones;
  }

  /**
   * The counters of all packages.
   *
   * @param sysfs folder of the zones, {@link #SYSFS} on a real machine
   * @throws WorkException NO_ENERGY_METER if there are none, or they must not be read
   */
  public static Powercap open(Path sysfs) {
    List<Zone> zones = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(sysfs)) {
      for (Path folder : folders) {
        if (Files.exists(folder.resolve("energy_uj"))) {
          String name = Files.readString(folder.resolve("name")).strip();
          // Zones inside a package, and the platform around it, would count twice.
          if (name.startsWith("package")) {
            zones.add(new Zone(folder, name, number(folder.resolve("max_energy_range_uj"))));
          }
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      throw unavailable(sysfs + " does not exist", e);
    } catch (IOException e) {
      throw unavailable(sysfs + " cannot be read: " + e, e);
    }
    if (zones.isEmpty()) {
      throw unavailable(sysfs + " has no package with a counter", null);
    }
    zones.sort(Comparator.comparing(Zone::name));
    Powercap meter = new Powercap(List.copyOf(zones));
    meter.read();
    return meter;
  }

  /** A reading: microjoules per package. */
  long[] read() {
    return zones.stream().mapToLong(Zone::read).toArray();
  }

  /** Energy between two readings (microjoules), over at most one wrap of each counter. */
  long between(long[] earlier, long[] later) {
    long sum = 0;
    for (int z = 0; z < earlier.length; z++) {
      long used = later[z] - earlier[z];
      sum += used >= 0 ? used : used + zones.get(z).rangeMicrojoules();
    }
    return sum;
  }

  /** What is read, for a report. */
  String describe() {
    return zones.stream()
        .map(z -> z.name() + " (" + z.folder() + "/energy_uj)")
        .reduce((a, b) -> a + ", " + b)
        .orElseThrow();
  }

  private static long number(Path file) throws IOException {
    return Long.parseLong(Files.readString(file).strip());
  }

  private static WorkException unavailable(String why, Throwable cause) {
    return new WorkException(
        FailureReason.NO_ENERGY_METER,
        "energy cannot be measured on this evaluator: " + why,
        "run an evaluator on Linux with RAPL counters and read access to"
            + " /sys/class/powercap/*/energy_uj, or ask for a latency target",
        cause);
  }
}
