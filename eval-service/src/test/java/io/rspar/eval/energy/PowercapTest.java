package io.rspar.eval.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.EnergyComparison;
import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a folder laid out as Linux lays out /sys/class/powercap on a machine of two packages. */
class PowercapTest {
  @TempDir Path sysfs;

  @Test
  void sumsThePackagesAndLeavesOutWhatTheyContain() throws IOException {
    zone("intel-rapl:0", "package-0", 1_000);
    zone("intel-rapl:1", "package-1", 5_000);
    zone("intel-rapl:0:0", "core", 400);
    zone("intel-rapl:2", "psys", 7_000);
    Files.createDirectory(sysfs.resolve("intel-rapl")); // the driver itself has no counter
    Powercap meter = Powercap.open(sysfs);
    long[] before = meter.read();
    count("intel-rapl:0", 1_700);
    count("intel-rapl:1", 5_020);
    count("intel-rapl:0:0", 999);
    assertThat(meter.between(before, meter.read())).isEqualTo(720);
    assertThat(meter.describe()).contains("package-0").contains("package-1").doesNotContain("psys");
  }

  @Test
  void aCounterThatWrapsAroundGoesOn() throws IOException {
    zone("intel-rapl:0", "package-0", 9_990);
    Powercap meter = Powercap.open(sysfs);
    long[] before = meter.read();
    count("intel-rapl:0", 15);
    assertThat(meter.between(before, meter.read())).isEqualTo(25);
  }

  @Test
  void withoutAMeterThereIsAFailureAndNoFigure() throws IOException {
    assertUnavailable(sysfs.resolve("none"), "does not exist");
    assertUnavailable(sysfs, "no package with a counter");
    zone("intel-rapl:0", "package-0", 1);
    Files.delete(sysfs.resolve("intel-rapl:0/energy_uj"));
    Files.createDirectory(sysfs.resolve("intel-rapl:0/energy_uj")); // cannot be read as a file
    assertUnavailable(sysfs, "cannot be read");
  }

  @Test
  void countersThatStandStillAreNoMeter() throws IOException {
    zone("intel-rapl:0", "package-0", 1);
    Powercap meter = Powercap.open(sysfs);
    assertThatThrownBy(
            () -> EnergyBench.comparison(new double[] {0, 0, 0}, new double[] {0, 0, 0}, meter))
        .isInstanceOf(WorkException.class)
        .hasMessageContaining("stand still");
  }

  @Test
  void mediansDecide() throws IOException {
    zone("intel-rapl:0", "package-0", 1);
    EnergyComparison result =
        EnergyBench.comparison(
            new double[] {10, 900, 12, 11}, new double[] {5, 6, 7, 800}, Powercap.open(sysfs));
    assertThat(result.getDenseMillijoules()).isEqualTo(11.5);
    assertThat(result.getPrunedMillijoules()).isEqualTo(6.5);
    assertThat(result.getRatio()).isEqualTo(6.5 / 11.5);
  }

  private void assertUnavailable(Path folder, String why) {
    assertThatThrownBy(() -> Powercap.open(folder))
        .isInstanceOfSatisfying(
            WorkException.class,
            e -> assertThat(e.reason()).isEqualTo(FailureReason.NO_ENERGY_METER))
        .hasMessageContaining(why);
  }

  private void zone(String folder, String name, long microjoules) throws IOException {
    Files.createDirectories(sysfs.resolve(folder));
    Files.writeString(sysfs.resolve(folder).resolve("name"), name + "\n");
    Files.writeString(sysfs.resolve(folder).resolve("max_energy_range_uj"), "10000\n");
    count(folder, microjoules);
  }

  private void count(String folder, long microjoules) throws IOException {
    Files.writeString(sysfs.resolve(folder).resolve("energy_uj"), microjoules + "\n");
  }
}
