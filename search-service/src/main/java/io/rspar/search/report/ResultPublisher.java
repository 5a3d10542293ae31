package io.rspar.search.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.rspar.events.ArtifactRef;
import io.rspar.events.CandidateEvaluated;
import io.rspar.events.ModelMeasures;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequest;
import io.rspar.events.PruningStatus;
import io.rspar.events.SensitivityMeasured;
import io.rspar.events.Stage;
import io.rspar.events.topic.Topic;
import io.rspar.graph.Graph;
import io.rspar.graph.coupling.DependencyGraph;
import io.rspar.graph.onnx.OnnxReader;
import io.rspar.graph.surgery.PruningPlan;
import io.rspar.graph.surgery.PruningPlanFile;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.event.Outgoing;
import io.rspar.kit.model.CutRules;
import io.rspar.kit.sensitivity.SensitivityReport;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** Writes the results folder of a request and tells of its completion. */
public final class ResultPublisher {
  private static final String JSON = "application/json";
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final ArtifactStore store;
  private final Clock clock;

  public ResultPublisher(ArtifactStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * Writes model, report, tables, plot, request and provenance into the request's output folder.
   *
   * @param measured the request's sensitivities
   * @param evaluated all measured candidates
   * @param winner the final candidate
   * @return the events that end the request
   */
  public List<Outgoing> publish(
      SensitivityMeasured measured,
      Collection<CandidateEvaluated> evaluated,
      CandidateEvaluated winner)
      throws IOException {
    PruningRequest request = measured.getRequest();
    Instant now = clock.instant();
    Graph dense = OnnxReader.read(store.fetch(request.getModel()));
    DependencyGraph dependencies = CutRules.groups(dense, request.getConstraints());
    SensitivityReport sensitivity =
        SensitivityReport.ofJson(Files.readAllBytes(store.fetch(measured.getSensitivity())));
    PruningPlan plan = PruningPlanFile.read(Files.readString(store.fetch(winner.getPlan())));
    Report report =
        new ReportBuilder(measured, winner)
            .build(evaluated, dense, dependencies, sensitivity, plan, now);
    String yaml = ReproducibleRequest.of(measured);
    List<Block> document = ReportDocument.of(report, yaml);

    URI directory = directory(request);
    ArtifactRef json = store.put(json(report), JSON);
    store.export(winner.getModel(), directory, "model.onnx");
    store.export(winner.getPlan(), directory, "pruning-plan.json");
    store.export(measured.getSensitivity(), directory, "sensitivity.json");
    store.export(json, directory, "report.json");
    export(directory, "report.md", "text/markdown", MarkdownWriter.write(report, document));
    export(directory, "report.html", "text/html", HtmlWriter.write(report, document));
    export(directory, ReproducibleRequest.FILE, "application/yaml", yaml);
    export(directory, "layers.csv", "text/csv", Tables.layers(report));
    export(directory, "candidates.csv", "text/csv", Tables.candidates(report));
    export(directory, "pareto.svg", "image/svg+xml", ReportCharts.pareto(report).toDocument());
    store.export(store.put(json(report.provenance()), JSON), directory, "provenance.json");
    return List.of(
        Outgoing.of(
            Topic.PRUNING_RESULTS, completed(report, winner.getModel(), json, directory, now)),
        Outgoing.of(Topic.PRUNING_STATUS, status(report, evaluated.size(), now)));
  }

  /**
   * Leaves the search's log in the results folder: a search that is stopped can be taken up from
   * it, and another request can reuse it.
   *
   * @param log search-log.json
   */
  public void keep(PruningRequest request, ArtifactRef log) {
    store.export(log, directory(request), "search-log.json");
  }

  private URI directory(PruningRequest request) {
    return request.getOutput() == null
        ? store.resultsDirectory(request.getRequestId())
        : URI.create(request.getOutput());
  }

  private void export(URI directory, String name, String mediaType, String text) {
    store.export(store.put(text.getBytes(StandardCharsets.UTF_8), mediaType), directory, name);
  }

  private static byte[] json(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report is always serialisable", e);
    }
  }

  private static PruningCompleted completed(
      Report report, ArtifactRef model, ArtifactRef json, URI directory, Instant now) {
    return PruningCompleted.newBuilder()
        .setRequestId(report.requestId())
        .setModel(model)
        .setReport(json)
        .setDirectory(directory.toString())
        .setDense(measures(report.dense()))
        .setPruned(measures(report.pruned()))
        .setGoalMet(report.goal().met())
        .setWarnings(report.warnings())
        .setCompletedAt(now)
        .build();
  }

  private static ModelMeasures measures(Report.Measures m) {
    return ModelMeasures.newBuilder()
        .setAccuracy(m.accuracy())
        .setLossNats(m.lossNats())
        .setMacs(m.macs())
        .setParameters(m.parameters())
        .setBytes(m.bytes())
        .setLatencyP50Nanos(m.latencyP50Nanos())
        .build();
  }

  private static PruningStatus status(Report report, int candidates, Instant now) {
    return PruningStatus.newBuilder()
        .setRequestId(report.requestId())
        .setStage(Stage.COMPLETED)
        .setProgress(1)
        .setDetail(report.goal().met() ? "goal met" : "completed, goal not met")
        .setCandidatesDone(candidates)
        .setCandidatesPlanned(candidates)
        .setUpdatedAt(now)
        .build();
  }
}
