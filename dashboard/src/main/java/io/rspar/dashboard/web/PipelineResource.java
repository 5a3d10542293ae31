package io.rspar.dashboard.web;

import io.rspar.dashboard.Dashboard;
import io.rspar.dashboard.board.Board;
import io.rspar.dashboard.board.DeadLetter;
import io.rspar.dashboard.pipeline.Pipeline;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.resteasy.reactive.RestStreamElementType;

/** The pipeline as a whole: its services, its dead letters, and the stream of changes. */
@Path("/api")
@Produces(MediaType.APPLICATION_JSON)
public class PipelineResource {
  /** Faster than anybody reads, slow enough for many open pages. */
  private static final Duration TICK = Duration.ofMillis(400);

  /** A sign of life every so many ticks keeps proxies from closing the stream. */
  private static final int HEARTBEAT = 25;

  private final Dashboard dashboard;
  private final Guard guard;

  public PipelineResource(Dashboard dashboard, Guard guard) {
    this.dashboard = dashboard;
    this.guard = guard;
  }

  /** What the page has to know first. */
  public record About(String version, boolean caughtUp, boolean changes, boolean needsToken) {}

  @GET
  @Path("about")
  public About about() {
    String version = getClass().getPackage().getImplementationVersion();
    return new About(
        version == null ? "development" : version,
        dashboard.feed().caughtUp(),
        guard.changesAllowed(),
        guard.needsToken());
  }

  @GET
  @Path("pipeline")
  public Pipeline pipeline() {
    return dashboard.probe().look();
  }

  @GET
  @Path("dead-letters")
  public List<DeadLetter> deadLetters() {
    return dashboard.board().deadLetters();
  }

  /** Sends a dead letter to where it came from, once. */
  @POST
  @Path("dead-letters/{topic}/{partition}/{offset}/redrive")
  public void redrive(
      @PathParam("topic") String topic,
      @PathParam("partition") int partition,
      @PathParam("offset") long offset) {
    DeadLetter letter =
        dashboard.board().deadLetters().stream()
            .filter(d -> d.topic().equals(topic) && d.partition() == partition)
            .filter(d -> d.offset() == offset)
            .findFirst()
            .orElseThrow(() -> Problem.of(404, "there is no such dead letter", "reload the page"));
    if (letter.redrivenAt() != null) {
      throw Problem.of(
          409, "it was sent again at " + letter.redrivenAt(), "look for a newer dead letter");
    }
    if (!dashboard.publisher().redrive(letter)) {
      throw Problem.of(410, "the topic does not hold it any more", "submit the request again");
    }
  }

  /** Ids of requests that have changed, as they change; an empty list now and then. */
  @GET
  @Path("changes")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  public Multi<Board.Changes> changes() {
    AtomicLong seen = new AtomicLong(dashboard.board().since(Long.MAX_VALUE).revision());
    return Multi.createFrom()
        .ticks()
        .every(TICK)
        .onOverflow()
        .drop()
        .map(tick -> new Tick(tick, dashboard.board().since(seen.get())))
        .filter(t -> t.number() % HEARTBEAT == 0 || t.changes().revision() > seen.get())
        .map(Tick::changes)
        .invoke(changes -> seen.set(changes.revision()));
  }

  private record Tick(long number, Board.Changes changes) {}
}
