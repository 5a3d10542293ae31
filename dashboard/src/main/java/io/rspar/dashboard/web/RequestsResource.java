package io.rspar.dashboard.web;

import io.rspar.dashboard.Dashboard;
import io.rspar.dashboard.DashboardConfig;
import io.rspar.dashboard.board.Detail;
import io.rspar.dashboard.board.Summary;
import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningRequest;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.request.InvalidRequestException;
import io.rspar.kit.request.RequestFile;
import io.rspar.kit.request.RequestYaml;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Requests: what is known of them, their results, and what a user wants of them. */
@Path("/api/requests")
@Produces(MediaType.APPLICATION_JSON)
public class RequestsResource {
  private final Dashboard dashboard;
  private final DashboardConfig config;
  private final ArtifactStore store;
  private final ResultFiles results;

  public RequestsResource(Dashboard dashboard, DashboardConfig config, ArtifactStore store) {
    this.dashboard = dashboard;
    this.config = config;
    this.store = store;
    this.results = new ResultFiles(store);
  }

  /** What can be downloaded. */
  public record File(String name, long bytes) {}

  /** What was submitted, or would be. */
  public record Submitted(String id, String yaml) {}

  @GET
  public List<Summary> all() {
    return dashboard.board().summaries(Instant.now());
  }

  @GET
  @Path("{id}")
  public Detail one(@PathParam("id") String id) {
    return dashboard
        .board()
        .detail(id, Instant.now())
        .orElseThrow(() -> Problem.unknownRequest(id));
  }

  /**
   * @param candidate whose plan; the delivered or best one by default
   */
  @GET
  @Path("{id}/layers")
  public Layers layers(@PathParam("id") String id, @QueryParam("candidate") String candidate)
      throws IOException {
    ArtifactRef sensitivity =
        dashboard
            .board()
            .sensitivity(id)
            .orElseThrow(
                () ->
                    Problem.of(404, id + " has no sensitivities yet", "wait for its first stage"));
    return Layers.of(
        store, sensitivity, dashboard.board().candidate(id, Optional.ofNullable(candidate)));
  }

  @GET
  @Path("{id}/files")
  public List<File> files(@PathParam("id") String id) throws IOException {
    return results.of(completed(id)).stream()
        .map(file -> new File(file.name(), file.bytes()))
        .toList();
  }

  @GET
  @Path("{id}/files/{name}")
  public Response file(@PathParam("id") String id, @PathParam("name") String name)
      throws IOException {
    ResultFiles.Download file =
        results
            .find(completed(id), name)
            .orElseThrow(
                () -> Problem.of(404, id + " has no " + name, "see the list of its files"));
    Response.ResponseBuilder answer = Response.ok(file.path().toFile()).type(file.mediaType());
    return name.equals("report.html")
        ? answer.build()
        : answer
            .header("Content-Disposition", "attachment; filename=\"" + id + "-" + name + "\"")
            .build();
  }

  private PruningCompleted completed(String id) {
    return dashboard
        .board()
        .completed(id)
        .orElseThrow(() -> Problem.of(404, id + " has no results", "wait until it has completed"));
  }

  /**
   * Submits a request.
   *
   * @param yaml what {@code rspar run} reads from a file
   * @param check only checks it and says how it is understood
   */
  @POST
  @Consumes({"application/yaml", MediaType.TEXT_PLAIN})
  public Submitted submit(String yaml, @QueryParam("check") @DefaultValue("false") boolean check)
      throws InvalidRequestException {
    PruningRequest request =
        new RequestFile().read(yaml, "the request", config.requestsFolder(), Instant.now());
    if (dashboard.board().detail(request.getRequestId(), Instant.now()).isPresent()) {
      throw Problem.of(
          409,
          "there is a request " + request.getRequestId() + " already",
          "choose another id, or leave it out");
    }
    if (!check) {
      dashboard.publisher().submit(request);
    }
    return new Submitted(request.getRequestId(), RequestYaml.of(request, Map.of()));
  }

  @POST
  @Path("{id}/cancel")
  public void cancel(@PathParam("id") String id) {
    Detail detail = one(id);
    if (detail.summary().ended()) {
      throw Problem.of(409, id + " has ended already", "there is nothing to cancel");
    }
    dashboard.publisher().cancel(id);
  }
}
