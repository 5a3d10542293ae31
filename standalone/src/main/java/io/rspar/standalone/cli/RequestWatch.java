package io.rspar.standalone.cli;

import io.rspar.events.PruningStatus;
import io.rspar.kit.service.Service;
import io.rspar.standalone.client.EventJson;
import io.rspar.standalone.client.RequestClient;
import io.rspar.standalone.client.RequestFollower;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;

/** Shows a request's progress until it has ended. */
final class RequestWatch {
  private static final Duration POLL = Duration.ofMillis(200);

  /** How often it is checked whether there is anyone to serve the request. */
  private static final Duration CHECK = Duration.ofSeconds(15);

  private final RequestClient client;
  private final PrintWriter out;
  private final boolean json;
  private final Progress progress;
  private List<Service> missing = List.of();

  RequestWatch(RequestClient client, PrintWriter out, boolean json) {
    this.client = client;
    this.out = out;
    this.json = json;
    this.progress = new Progress(out);
  }

  /** Returns {@code PruningCompleted} or {@code PruningFailed}. */
  SpecificRecord untilEnd(String requestId) {
    try (RequestFollower follower = client.follow(requestId)) {
      long checkedNanos = System.nanoTime() - CHECK.toNanos();
      while (true) {
        for (SpecificRecord event : follower.poll(POLL)) {
          show(event);
          if (RequestFollower.isEnd(event)) {
            return event;
          }
        }
        if (follower.isUpToDate() && System.nanoTime() - checkedNanos >= CHECK.toNanos()) {
          checkedNanos = System.nanoTime();
          reportMissing();
        }
      }
    }
  }

  private void show(SpecificRecord event) {
    if (json) {
      out.println(EventJson.of(event));
      out.flush();
    } else if (event instanceof PruningStatus status) {
      progress.status(status);
    }
  }

  private void reportMissing() {
    List<Service> now = client.missingServices();
    if (!json && !now.isEmpty() && !now.equals(missing)) {
      progress.line(
          "waiting: no %s is connected to this cluster"
              .formatted(
                  now.stream().map(s -> s.id() + "-service").collect(Collectors.joining(", no "))));
    }
    missing = now;
  }
}
