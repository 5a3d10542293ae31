package io.rspar.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rspar.benchmarks.Benchmark;
import io.rspar.benchmarks.BenchmarkData;
import io.rspar.benchmarks.Benchmarks;
import io.rspar.benchmarks.Context;
import io.rspar.benchmarks.Outcome;
import io.rspar.benchmarks.Plot;
import io.rspar.benchmarks.Table;
import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import io.rspar.standalone.bench.SystemBenchmarks;
import io.rspar.standalone.trial.ChaosTrial;
import io.rspar.standalone.trial.LoadTrial;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rspar bench}. */
@Command(
    name = "bench",
    description = {
      "Measures, prints a table, and leaves table, plots and numbers in a folder.",
      "Without a name: lists the benchmarks."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar bench",
      "  rspar bench graph-cost --json numbers.json",
      "  rspar bench networks --models my-models/ --out out/networks"
    })
final class BenchCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The benchmark.")
  private String name;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "CIFAR-10 with ResNet-20: resnet20.onnx, resnet20_convshortcut.onnx and"
              + " {calibration,train,validation,test}.npz. Default: the demo's network and data.")
  private Path data;

  @Option(
      names = "--models",
      paramLabel = "PATH",
      description =
          "A model, or a folder with models, to measure in place of the built-in networks;"
              + " repeatable.")
  private List<Path> models = List.of();

  @Option(
      names = "--size",
      paramLabel = "SHARE",
      description =
          "How much is measured, above 0, to 1: examples, candidates, requests, layers, networks."
              + " Below 1 it shows that and how the benchmark works; its numbers are not those of"
              + " the documentation. Default: 1.",
      defaultValue = "1")
  private double size;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the numbers here too, as one flat JSON object.")
  private Path json;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      description =
          "Folder that receives table.md, numbers.json and plots. Default: out/bench/NAME in the"
              + " project's folder.")
  private Path out;

  @Option(
      names = "--seed",
      description = "Seed of everything drawn at random. Default: 0.",
      defaultValue = "0")
  private long seed;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    PrintWriter console = spec.commandLine().getOut();
    if (name == null) {
      benchmarks().forEach(b -> console.printf("  %-14s %s%n", b.name(), b.summary()));
      console.flush();
      return 0;
    }
    Benchmark benchmark =
        benchmarks().stream()
            .filter(b -> b.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    CommandFailure.usage(
                        "there is no benchmark '" + name + "'",
                        "take one of "
                            + benchmarks().stream()
                                .map(Benchmark::name)
                                .collect(Collectors.joining(", "))));
    if (!(size > 0 && size <= 1)) {
      throw CommandFailure.usage(
          "--size is " + size, "take a share above 0 and at most 1, such as 0.05");
    }
    Path folder = out == null ? ProjectFolder.path().resolve("out/bench").resolve(name) : out;
    Files.createDirectories(folder);
    Context context =
        new Context(data(), modelFiles(), folder, size, seed, line -> progress(console, line));
    Outcome outcome = benchmark.run(context);
    write(folder, outcome);
    outcome.tables().forEach(table -> console.println(table.toMarkdown()));
    if (size < 1) {
      console.printf("measured at %s of its full size%n", size);
    }
    console.println("written: " + folder);
    console.flush();
    return 0;
  }

  /** Those of single parts, and those of a whole installation. */
  private List<Benchmark> benchmarks() {
    List<Benchmark> all = new ArrayList<>(Benchmarks.all());
    all.addAll(SystemBenchmarks.all());
    all.add(new ChaosTrial());
    all.add(new LoadTrial());
    return all;
  }

  private List<Path> modelFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path path : models) {
      try (Stream<Path> found = Files.walk(path)) {
        found
            .filter(f -> f.equals(path) || f.toString().endsWith(".onnx"))
            .filter(Files::isRegularFile)
            .sorted()
            .forEach(files::add);
      } catch (NoSuchFileException e) {
        throw new WorkException(
            FailureReason.ARTIFACT_MISSING,
            path + " does not exist",
            "name a model or a folder with models",
            e);
      }
    }
    return files;
  }

  private BenchmarkData data() {
    return data == null
        ? BenchmarkData.fashionMnist(ProjectFolder.path().resolve("examples/fashion-mnist"))
        : BenchmarkData.cifar10(data);
  }

  private static void progress(PrintWriter console, String line) {
    console.println("… " + line);
    console.flush();
  }

  private void write(Path folder, Outcome outcome) throws IOException {
    Files.writeString(
        folder.resolve("table.md"),
        outcome.tables().stream().map(Table::toMarkdown).collect(Collectors.joining("\n")));
    for (Map.Entry<String, Plot> plot : outcome.plots().entrySet()) {
      Files.writeString(folder.resolve(plot.getKey() + ".svg"), plot.getValue().toSvg());
    }
    String numbers =
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(outcome.numbers())
            + "\n";
    Files.writeString(folder.resolve("numbers.json"), numbers);
    if (json != null) {
      Files.writeString(json, numbers);
    }
  }
}
