package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rspar.eval.AccuracyMeter;
import io.rspar.eval.latency.LatencyBench;
import io.rspar.events.MeasurementSettings;
import io.rspar.events.PruningRequest;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.data.DataRole;
import io.rspar.kit.data.RequestData;
import io.rspar.kit.request.InvalidRequestException;
import io.rspar.kit.request.RequestFile;
import io.rspar.pruner.datafree.Inspection;
import io.rspar.sensitivity.Admission;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar validate}. */
@Command(
    name = "validate",
    description = {
      "Says whether a request can be served, without serving it: the file, the model, the data and"
          + " the target are checked as the first stage checks them, and nothing is pruned.",
      "Shows the groups of channels and about how long the request would take here."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar validate request.yaml",
      "  rspar validate request.yaml --json | jq .estimate.totalSeconds"
    },
    exitCodeList = {
      "0:it can be served",
      "1:it cannot; one line on the standard error names cause and remedy",
      "2:wrong usage, or the file is no valid request"
    })
final class ValidateCommand implements Callable<Integer> {
  /** Timed to estimate by. */
  private static final int INFERENCES = 10;

  @Parameters(paramLabel = "REQUEST.yaml", description = "The request.")
  private Path file;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PruningRequest request = read();
    // What the request names is copied as the services would; the copies go again.
    Path copies = Files.createTempDirectory("rspar-validate");
    try {
      FileArtifactStore store = new FileArtifactStore(copies, Long.MAX_VALUE, List.of());
      RequestData data = new RequestData(store);
      Admission.Admitted admitted = new Admission(store, data).admit(request);
      Map<DataRole, Integer> sizes = new EnumMap<>(DataRole.class);
      for (DataRole role : DataRole.values()) {
        if (role.of(request.getData()).isPresent()) {
          sizes.put(role, data.open(admitted.request().getData(), role).size());
        }
      }
      TimeEstimate estimate =
          TimeEstimate.of(
              request,
              admitted.groups().groups().size(),
              new TimeEstimate.Speed(
                  TimeEstimate.forwardSeconds(admitted.graph(), admitted.calibration()),
                  inferenceSeconds(store, data, admitted.request())),
              new TimeEstimate.Sizes(
                  sizes.getOrDefault(DataRole.CALIBRATION, 0),
                  sizes.getOrDefault(DataRole.TRAIN, 0),
                  sizes.getOrDefault(DataRole.VALIDATION, 0),
                  sizes.getOrDefault(DataRole.TEST, 0)));
      show(request, admitted, sizes, estimate);
    } finally {
      WorkFolder.delete(copies);
    }
    return 0;
  }

  private PruningRequest read() throws CommandFailure {
    try {
      return new RequestFile().read(file, Instant.now());
    } catch (InvalidRequestException e) {
      throw CommandFailure.usage(e.getMessage(), e.remedy());
    }
  }

  /** The median time of one inference as the evaluator would measure it (seconds per batch). */
  private static double inferenceSeconds(
      ArtifactStore store, RequestData data, PruningRequest request) {
    Path model = store.fetch(request.getModel());
    MeasurementSettings few =
        MeasurementSettings.newBuilder(request.getMeasurement())
            .setWarmup(2)
            .setSamples(INFERENCES)
            .build();
    return new LatencyBench(few.getDeviceClass())
            .compare(
                model,
                model,
                new AccuracyMeter(store, data).examples(request, DataRole.CALIBRATION),
                few,
                0,
                share -> {})
            .getDense()
            .getP50Nanos()
        / 1e9;
  }

  private void show(
      PruningRequest request,
      Admission.Admitted admitted,
      Map<DataRole, Integer> sizes,
      TimeEstimate estimate)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Inspection model = Inspection.of(admitted.graph(), admitted.groups());
    if (json) {
      ObjectNode object = new ObjectMapper().createObjectNode();
      object.put("valid", true);
      ObjectNode data = object.putObject("examples");
      sizes.forEach((role, size) -> data.put(role.label(), size));
      object
          .putObject("estimate")
          .put("ratingSeconds", estimate.ratingSeconds())
          .put("candidates", estimate.candidates())
          .put("candidateSeconds", estimate.candidateSeconds())
          .put("deliverySeconds", estimate.deliverySeconds())
          .put("totalSeconds", estimate.totalSeconds());
      admitted.warnings().forEach(object.putArray("warnings")::add);
      object.set("model", model.toJson());
      out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(object));
    } else {
      out.print(model.toText());
      out.println();
      sizes.forEach(
          (role, size) -> out.printf(Locale.ROOT, "%-12s %,9d examples%n", role.label(), size));
      out.println();
      out.printf(
          "roughly %s on this machine, as busy as it is: rating channels %s, %d candidates of %s each,"
              + " the delivered model %s%n",
          duration(estimate.totalSeconds()),
          duration(estimate.ratingSeconds()),
          estimate.candidates(),
          duration(estimate.candidateSeconds()),
          duration(estimate.deliverySeconds()));
      admitted.warnings().forEach(warning -> out.println("warning: " + warning));
      out.println("valid: " + file);
    }
    out.flush();
  }

  private static String duration(double seconds) {
    return seconds < 1
        ? "under a second"
        : seconds < 100
            ? String.format(Locale.ROOT, "%.0f s", seconds)
            : seconds < 7200
                ? String.format(Locale.ROOT, "%.0f min", seconds / 60)
                : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }
}
