package io.rspar.standalone.trial;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.standalone.supervisor.Application;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A few requests while processes die, for every build; {@code rspar bench chaos} has fifty. The
 * trial itself fails unless every request has exactly one result and all are equal.
 */
@Timeout(value = 14, unit = TimeUnit.MINUTES)
class ChaosTrialIT {
  private static final Path MODULE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath();
  private static final long SEED = Long.getLong("rspar.seed", 3);

  @TempDir Path folder;

  @Test
  void requestsSurviveWhatHappensToTheProcesses() throws Exception {
    System.setProperty(
        Application.LOCATION, MODULE.resolve("target/quarkus-app").normalize().toString());
    Path data = MODULE.resolve("../examples/fashion-mnist").normalize();
    System.out.println("chaos with seed " + SEED);
    Outcome outcome =
        new ChaosTrial()
            .run(
                new Context(
                    BenchmarkData.fashionMnist(data),
                    List.of(),
                    folder,
                    0.06,
                    SEED,
                    System.out::println));
    assertThat(outcome.numbers())
        .containsEntry("chaos.requests", 3.0)
        .containsKey("chaos.service_killed");
  }
}
