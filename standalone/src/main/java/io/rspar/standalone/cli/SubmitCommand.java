package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.events.PruningRequest;
import io.rspar.kit.request.InvalidRequestException;
import io.rspar.kit.request.RequestFile;
import io.rspar.standalone.client.RequestClient;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar submit}. */
@Command(
    name = "submit",
    description = {
      "Publishes a pruning request to a cluster whose services serve it.",
      "Prints the request's id. What the request names has to be where the services can read it."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar submit request.yaml -b localhost:9092",
      "  rspar submit request.yaml -b broker:9093 --client-properties tls.properties --wait",
      "  rspar submit request.yaml -b broker:9092 --set id=night-1 --set search.rounds=12"
          + " --set priority=10"
    })
final class SubmitCommand implements Callable<Integer> {
  @Parameters(paramLabel = "REQUEST.yaml", description = "The request.")
  private Path request;

  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Replaces a key of the request, dotted; repeatable.")
  private Map<String, String> replaced = new LinkedHashMap<>();

  @Option(names = "--wait", description = "Show the progress and wait for the end.")
  private boolean wait;

  @Option(names = "--json", description = "Print JSON objects, one a line.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    PruningRequest read = read();
    try (RequestClient client = cluster.connect()) {
      var place = client.submit(read);
      if (json) {
        out.println(
            new ObjectMapper()
                .createObjectNode()
                .put("requestId", read.getRequestId())
                .put("topic", place.topic())
                .put("partition", place.partition())
                .put("offset", place.offset()));
      } else {
        out.println(read.getRequestId());
      }
      out.flush();
      return wait
          ? new RequestEnd(out, json)
              .show(new RequestWatch(client, out, json).untilEnd(read.getRequestId()))
          : 0;
    }
  }

  private PruningRequest read() throws CommandFailure {
    try {
      return new RequestFile().read(request, replaced, Instant.now());
    } catch (InvalidRequestException e) {
      throw CommandFailure.usage(e.getMessage(), e.remedy());
    }
  }
}
