package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.events.FailureReason;
import io.rspar.events.PruningFailed;
import io.rspar.standalone.client.EventJson;
import io.rspar.standalone.client.RequestClient;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar cancel}. */
@Command(
    name = "cancel",
    description = {
      "Ends a request that is no longer wanted.",
      "Work of it that is queued is dropped; what is running is given up at its next step."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar cancel night-1 -b localhost:9092",
      "  rspar cancel night-1 -b localhost:9092 --wait"
    },
    exitCodeList = {
      "0:cancelled, or, without --wait, asked to",
      "1:it had ended already",
      "2:wrong usage, or no such request"
    })
final class CancelCommand implements Callable<Integer> {
  @Parameters(paramLabel = "ID", description = "The request's id.")
  private String id;

  @Mixin private ClusterOptions cluster;

  @Option(names = "--wait", description = "Wait until it has ended.")
  private boolean wait;

  @Option(names = "--json", description = "Print JSON objects, one a line.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    try (RequestClient client = cluster.connect()) {
      Optional<SpecificRecord> end = KnownRequest.end(client, id);
      if (end.isPresent()) {
        throw ended(end.get());
      }
      client.cancel(id);
      if (!wait) {
        out.println(
            json
                ? new ObjectMapper().createObjectNode().put("cancellationRequested", id).toString()
                : "asked to cancel " + id);
        out.flush();
        return 0;
      }
      SpecificRecord how = new RequestWatch(client, out, json).untilEnd(id);
      if (!wasCancelled(how)) {
        throw ended(how);
      }
      if (!json) {
        out.println("cancelled " + id);
        out.flush();
      }
      return 0;
    }
  }

  private static boolean wasCancelled(SpecificRecord end) {
    return end instanceof PruningFailed failed && failed.getReason() == FailureReason.CANCELLED;
  }

  private CommandFailure ended(SpecificRecord end) {
    return CommandFailure.failed(
        "request %s has ended already: %s".formatted(id, EventJson.of(end).get("type").asText()),
        "see 'rspar results %s'".formatted(id));
  }
}
