package io.rspar.standalone.cli;

import io.rspar.standalone.client.RequestClient;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar watch}. */
@Command(
    name = "watch",
    description = "Shows a request's progress until it has ended.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar watch night-1 -b localhost:9092",
      "  rspar watch night-1 -b localhost:9092 --json | jq .detail"
    },
    exitCodeList = {"0:completed", "1:failed", "2:wrong usage, or no such request"})
final class WatchCommand implements Callable<Integer> {
  @Parameters(paramLabel = "ID", description = "The request's id.")
  private String id;

  @Mixin private ClusterOptions cluster;

  @Option(names = "--json", description = "Print every event as a JSON object, one a line.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    try (RequestClient client = cluster.connect()) {
      KnownRequest.end(client, id);
      return new RequestEnd(out, json).show(new RequestWatch(client, out, json).untilEnd(id));
    }
  }
}
