package io.rspar.standalone.cli;

import io.rspar.events.PruningCompleted;
import io.rspar.standalone.client.RequestClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
      "  rspar results night-1 -b localhost:9092 --out out/night-1"
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

  @Option(names = "--json", description = "Print the result as a JSON object.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    try (RequestClient client = new RequestClient(cluster.settings())) {
      Optional<SpecificRecord> end = KnownRequest.end(client, id);
      if (end.isEmpty()) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("request %s has not ended yet — follow it with 'rspar watch'".formatted(id));
        err.flush();
        return NOT_ENDED;
      }
      if (folder != null && end.get() instanceof PruningCompleted completed) {
        copy(URI.create(completed.getDirectory()));
      }
      return new RequestEnd(out, json).showAlone(end.get());
    }
  }

  private void copy(URI directory) throws CommandFailure, IOException {
    if (!"file".equals(directory.getScheme()) || !Files.isDirectory(Path.of(directory))) {
      throw CommandFailure.failed(
          "the results lie in %s, which this machine cannot read".formatted(directory),
          "fetch them from there, or mount the services' folder under the same path");
    }
    Files.createDirectories(folder);
    List<Path> files;
    try (Stream<Path> found = Files.list(Path.of(directory))) {
      files = found.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      Files.copy(
          file, folder.resolve(file.getFileName().toString()), StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
