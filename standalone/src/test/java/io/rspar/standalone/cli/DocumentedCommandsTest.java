package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the documentation says to type can be typed. */
class DocumentedCommandsTest {
  private static final String EXAMPLES = "../examples/fashion-mnist/";

  /** Run here, on the demo's network and data. */
  private static final List<String> RUN_HERE = List.of("inspect", "validate", "cut", "completion");

  /** Run at a part of their size, here and there: {@link DocumentedBenchmarks}. */
  private static final List<String> RUN_SMALL = List.of("bench");

  /** Run against a real installation: {@code DocumentedCommandsIT} and {@code InstallationIT}. */
  private static final List<String> RUN_THERE =
      List.of(
          "run", "submit", "watch", "results", "cancel", "topics", "compare", "serve", "services");

  /** Not run by a test of the documentation, and why. */
  private static final Map<String, String> NOT_RUN =
      Map.of("demo", "minutes; the build's last step runs it with --short");

  @TempDir Path folder;

  @Test
  void everyCommandIsUnderstoodByTheCommandLine() throws Exception {
    List<DocumentedCommand> commands = DocumentedCommand.all();
    assertThat(commands).hasSizeGreaterThan(25);
    List<String> misunderstood = new ArrayList<>();
    for (DocumentedCommand command : commands) {
      try {
        Rspar.commandLine().parseArgs(command.arguments().toArray(String[]::new));
      } catch (CommandLine.ParameterException e) {
        misunderstood.add(command.where() + ": " + command.text() + ": " + e.getMessage());
      }
    }
    assertThat(misunderstood).isEmpty();
  }

  @Test
  void ofEveryCommandItIsSaidWhereItRuns() throws Exception {
    for (DocumentedCommand command : DocumentedCommand.all()) {
      assertThat(
              RUN_HERE.contains(command.name())
                  || RUN_SMALL.contains(command.name())
                  || RUN_THERE.contains(command.name())
                  || NOT_RUN.containsKey(command.name()))
          .as("%s: %s", command.where(), command.text())
          .isTrue();
    }
  }

  @Test
  void everyBenchmarkOfTheDocumentationExists() throws Exception {
    String list = CommandRun.of(List.of("bench")).out();
    for (DocumentedCommand command : DocumentedCommand.all()) {
      if (command.name().equals("bench") && command.arguments().size() > 1) {
        assertThat(list).as(command.text()).contains(command.arguments().get(1));
      }
    }
  }

  /** The examples in the help are documentation too. */
  @Test
  void theExamplesOfTheHelpAreUnderstood() {
    for (CommandLine command : Rspar.commandLine().getSubcommands().values()) {
      for (String line : command.getCommandSpec().usageMessage().footer()) {
        String example = line.strip().replaceFirst("\\s{2,}\\S.*|\\s[|>].*", "");
        if (example.startsWith("rspar ")) {
          String[] words = example.substring("rspar ".length()).replace("'", "").split("\\s+");
          Rspar.commandLine().parseArgs(words);
        }
      }
    }
  }

  @Test
  void whatNeedsNoClusterRuns() throws Exception {
    Map<String, String> replacements = new HashMap<>();
    for (String model : List.of("model.onnx", "resnet18.onnx")) {
      replacements.put(model, EXAMPLES + "fashion_resnet.onnx");
    }
    for (String file : List.of("fashion_resnet.onnx", "request-short.yaml", "request.yaml")) {
      replacements.put("examples/fashion-mnist/" + file, EXAMPLES + file);
    }
    replacements.put("request.yaml", EXAMPLES + "request-short.yaml");
    replacements.put("smaller.onnx", folder.resolve("smaller.onnx").toString());
    replacements.put("out/half.onnx", folder.resolve("smaller.onnx").toString());
    var commands = DocumentedCommand.of(RUN_HERE, replacements);
    assertThat(commands).extracting(words -> words.get(0)).containsAll(RUN_HERE);
    for (List<String> command : commands) {
      CommandRun run = CommandRun.of(command);
      assertThat(run.status()).as("rspar %s: %s", String.join(" ", command), run.err()).isZero();
      assertThat(run.out()).as(String.join(" ", command)).isNotBlank();
    }
    assertThat(folder.resolve("smaller.onnx")).exists();
  }

  @Test
  void benchmarksOfPartsRun() throws Exception {
    DocumentedBenchmarks.runParts(folder);
  }

  /** The export snippets; whether the libraries do what is expected of them is for their makers. */
  @Test
  void thePythonOfTheDocumentationCompiles() throws Exception {
    List<Path> snippets = new ArrayList<>();
    for (DocumentedCommand.Block block : DocumentedCommand.blocks()) {
      if (block.language().equals("python")) {
        Path file = folder.resolve("snippet" + snippets.size() + ".py");
        snippets.add(Files.writeString(file, "# " + block.where() + "\n" + block.text()));
      }
    }
    assertThat(snippets).hasSizeGreaterThan(3);
    Process found;
    try {
      found = new ProcessBuilder("python3", "--version").redirectErrorStream(true).start();
    } catch (IOException e) {
      found = null;
    }
    Assumptions.assumeTrue(found != null && found.waitFor() == 0, "no python3");
    List<String> command = new ArrayList<>(List.of("python3", "-m", "py_compile"));
    snippets.forEach(snippet -> command.add(snippet.toString()));
    Process python = new ProcessBuilder(command).redirectErrorStream(true).start();
    String errors = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(python.waitFor()).as(errors).isZero();
  }

  @Test
  void everyCommandIsInTheTableOfCommands() throws Exception {
    String page = Files.readString(Path.of("../docs/command-line.md"));
    for (String command : new TreeSet<>(Rspar.commandLine().getSubcommands().keySet())) {
      if (!command.equals("help")) {
        assertThat(page).contains("`" + command + "`");
      }
    }
  }
}
