package io.rspar.standalone.cli;

import io.rspar.events.PruningCompleted;
import io.rspar.kit.artifact.ResultFiles;
import io.rspar.standalone.client.RequestClient;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar results}. */
@Command(
    name = "results",
    description = "Tells how a request has ended, and fetches its model and report.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar results night-1 -b localhost:9092",
      "  rspar results night-1 -b localhost:9092 --out out/night-1",
      "  AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… rspar results night-1 -b localhost:29092"
          + " --s3-endpoint http://localhost:29000 --s3-region us-east-1 --out out/night-1"
    },
    exitCodeList = {
      "0:completed",
      "1:failed",
      "2:wrong usage, or no such request",
      "3:it has not ended yet"
    })
final class ResultsCommand implements Callable<Integer> {
  /** Exit code of a request that has not ended. */
  static final int NOT_ENDED = 3;

  @Parameters(paramLabel = "ID", description = "The request's id.")
  private String id;

  @Mixin private ClusterOptions cluster;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      description = "Copy model, report and tables into this folder.")
  private Path folder;

  @Option(
      names = "--s3-endpoint",
      paramLabel = "URI",
      defaultValue = "${env:RSPAR_ARTIFACTS_S3_ENDPOINT}",
      description =
          "Where results in S3 are fetched, unless from Amazon's. Default:"
              + " RSPAR_ARTIFACTS_S3_ENDPOINT. Credentials as for Amazon's SDK.")
  private Optional<URI> s3Endpoint;

  @Option(
      names = "--s3-region",
      paramLabel = "NAME",
      defaultValue = "${env:RSPAR_ARTIFACTS_S3_REGION}",
      description = "Region of that server. Default: RSPAR_ARTIFACTS_S3_REGION.")
  private Optional<String> s3Region;

  @Option(names = "--json", description = "Print the result as a JSON object.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    try (RequestClient client = cluster.connect()) {
      Optional<SpecificRecord> end = KnownRequest.end(client, id);
      if (end.isEmpty()) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("request %s has not ended yet — follow it with 'rspar watch'".formatted(id));
        err.flush();
        return NOT_ENDED;
      }
      if (folder != null && end.get() instanceof PruningCompleted completed) {
        new ResultFiles(URI.create(completed.getDirectory()), s3Endpoint, s3Region).copyTo(folder);
      }
      return new RequestEnd(out, json).showAlone(end.get());
    }
  }
}
