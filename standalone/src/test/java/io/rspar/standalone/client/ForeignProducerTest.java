package io.rspar.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.AllocationMethod;
import io.rspar.events.DataFormat;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningRequested;
import io.rspar.events.RecoverySettings;
import io.rspar.events.SearchSettings;
import io.rspar.events.TargetMetric;
import io.rspar.kit.event.EventCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The example of a producer in Python, which has nothing of ours but an .avsc file. */
class ForeignProducerTest {
  private static final Path EXAMPLE = Path.of("..", "examples", "python");
  private static final Path SCHEMA =
      Path.of(
          "../schemas/src/main/resources/io/rspar/events/serde/history/1/PruningRequested.avsc");

  /** Debian's Python: others on the path may lack the library. */
  private static final String PYTHON = "/usr/bin/python3";

  @Test
  void itsRequestIsReadWithAllDefaults() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of(PYTHON)) && status(PYTHON, "-c", "import avro.schema") == 0,
        "there is no Python with Avro's library: apt-get install python3-avro");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Process python =
        new ProcessBuilder(
                PYTHON,
                "-B",
                EXAMPLE.resolve("submit.py").toString(),
                SCHEMA.toString(),
                EXAMPLE.resolve("request.json").toString(),
                "--print")
            .start();
    python.getInputStream().transferTo(out);
    String errors = new String(python.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(python.waitFor()).as(errors).isZero();

    PruningRequest request;
    try (EventCodec codec = EventCodec.singleObject()) {
      var event = codec.decode("pruning-requests", new RecordHeaders(), out.toByteArray());
      request = ((PruningRequested) event).getRequest();
    }
    assertThat(request.getRequestId()).isEqualTo("from-python");
    assertThat(request.getData().getFormat()).isEqualTo(DataFormat.NPZ);
    assertThat(request.getData().getMean()).isEqualTo(List.of(0.485f, 0.456f, 0.406f));
    assertThat(request.getTarget().getMetric()).isEqualTo(TargetMetric.MACS);
    assertThat(request.getMethod()).isEqualTo(AllocationMethod.CURVE_OPTIMAL);
    assertThat(request.getSearch().getRounds()).isNull();
    PruningRequest defaults =
        PruningRequest.newBuilder(request)
            .setSearch(SearchSettings.newBuilder().build())
            .setRecovery(RecoverySettings.newBuilder().build())
            .setMeasurement(MeasurementSettings.newBuilder().build())
            .build();
    assertThat(request).as("the schema's own defaults").isEqualTo(defaults);
  }

  private static int status(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor(30, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }
}
