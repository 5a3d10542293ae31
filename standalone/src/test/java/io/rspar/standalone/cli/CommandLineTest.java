package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CommandLineTest {
  @TempDir Path folder;

  private static CommandRun rspar(String... arguments) {
    return CommandRun.of(List.of(arguments));
  }

  /** All but picocli's own. */
  static Stream<String> commands() {
    return Rspar.commandLine().getSubcommands().keySet().stream()
        .filter(name -> !name.equals("help"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelpWithExamples(String command) {
    CommandRun ended = rspar(command, "--help");
    assertThat(ended.status()).isZero();
    assertThat(ended.out()).contains("Usage: rspar " + command).contains("rspar " + command + " ");
    assertThat(ended.out()).containsIgnoringCase("examples:");
    assertThat(ended.out()).contains("Exit codes:").containsPattern("(?m)^ +0 +\\S");
  }

  /** Where there is something to say that a program would read. */
  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandCanPrintJson(String command) {
    CommandLine known = Rspar.commandLine().getSubcommands().get(command);
    assertThat(known.getCommandSpec().findOption("--json") != null)
        .as(command)
        .isEqualTo(!command.equals("completion"));
  }

  @Test
  void wrongUsageIsOneLineAndStatus2() throws Exception {
    String noRegistry =
        Files.writeString(folder.resolve("p"), "apicurio.registry.auth.username=u").toString();
    for (List<String> arguments :
        List.of(
            List.of("frobnicate"),
            List.of("run"),
            List.of("run", "request.yaml"),
            List.of("compare", "request.yaml"),
            List.of("compare", "request.yaml", "--out", "o", "--methods", "magic"),
            List.of("submit", "request.yaml"),
            List.of("watch", "-b", "localhost:1"),
            List.of("topics", "-b", "localhost:1"),
            List.of("topics", "--check", "--apply", "-b", "localhost:1"),
            List.of("services", "-b", "localhost:1", "--artifacts", "a", "--only", "prune"),
            List.of("submit", "none.yaml", "-b", "localhost:1"),
            List.of("watch", "id", "-b", "localhost:1", "--client-properties", "none"),
            List.of("watch", "id", "-b", "localhost:1", "--client-properties", noRegistry),
            List.of("results", "id", "-b", "localhost:1", "--out", "s3://bucket/folder"),
            List.of("inspect"),
            List.of("inspect", "m.onnx", "--exclude", "("),
            List.of("bench", "frobnicate"),
            List.of("cut", "m.onnx", "--ratio", "1.5", "--out", "o.onnx"),
            List.of("cut", "m.onnx", "--ratio", "half", "--out", "o.onnx"),
            List.of("cut", "m.onnx", "--ratio", "0.5", "--criterion", "magic", "--out", "o.onnx"),
            List.<String>of())) {
      CommandRun ended = rspar(arguments.toArray(String[]::new));
      assertThat(ended.status()).as(arguments.toString()).isEqualTo(2);
      assertThat(ended.err()).as(arguments.toString()).startsWith("error: ").contains(" — ");
      assertThat(ended.err().lines()).as(arguments.toString()).hasSize(1);
    }
  }

  @Test
  void aRequestThatCannotBeUsedEndsBeforeAnythingStarts() throws Exception {
    Path request = Files.writeString(folder.resolve("r.yaml"), "modell: x.onnx\n");
    Path out = folder.resolve("out");
    CommandRun ended = rspar("run", request.toString(), "--out", out.toString());
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).contains("has no key 'modell'").contains("did you mean 'model'?");
    assertThat(out).doesNotExist();
  }

  @Test
  void aModelThatCannotBeReadIsOneLineAndStatus1() throws Exception {
    Path junk = Files.writeString(folder.resolve("junk.onnx"), "no model");
    CommandRun ended = rspar("inspect", junk.toString());
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err().lines()).hasSize(1);
    assertThat(ended.err()).startsWith("error: ").contains("junk.onnx");

    Path out = folder.resolve("out.onnx");
    ended = rspar("cut", folder.resolve("none").toString(), "--ratio", "0.5", "--out", "" + out);
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err().lines()).hasSize(1);
    assertThat(out).doesNotExist();
  }

  private static final String MODEL = "../examples/fashion-mnist/fashion_resnet.onnx";

  @Test
  void aCutIsReplayedFromItsPlan() throws Exception {
    Path first = folder.resolve("first.onnx");
    Path plan = folder.resolve("plan.json");
    CommandRun ended =
        rspar("cut", MODEL, "--ratio", "0.5", "--out", "" + first, "--write-plan", "" + plan);
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).contains("differs from the masked original by");
    Path second = folder.resolve("second.onnx");
    ended = rspar("cut", MODEL, "--plan", "" + plan, "--out", "" + second, "--no-verify");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).contains("checked: loads in ONNX Runtime").doesNotContain("differs");
    assertThat(second).hasSameBinaryContentAs(first);
    // Nothing but what was asked for is left behind.
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(first, plan, second);
    }
  }

  @Test
  void widthsFollowMultipleMinimumCapAndExclusion() throws Exception {
    assertThat(widths("--ratio", "0.3", "--multiple", "8", "--rounding", "up"))
        .allSatisfy((group, width) -> assertThat(width % 8).isZero());
    assertThat(widths("--ratio", "0.9", "--min-channels", "7"))
        .allSatisfy((group, width) -> assertThat(width).isGreaterThanOrEqualTo(7));
    Map<String, Integer> capped = widths("--ratio", "0.5", "--cap", "stage1=0.25");
    assertThat(capped)
        .containsEntry("stage1.block1.1", 12)
        .containsEntry("stage2.block1.1", 16)
        .containsEntry("stage3.block1.1", 32);
    assertThat(widths("--ratio", "0.5", "--exclude", "stage2"))
        .hasSizeLessThan(capped.size())
        .allSatisfy((group, width) -> assertThat(group).doesNotContain("stage2"));
  }

  /** Kept widths by group of a cut of the demo network. */
  private Map<String, Integer> widths(String... options) throws Exception {
    Path plan = folder.resolve("plan.json");
    List<String> arguments =
        new ArrayList<>(List.of("cut", MODEL, "--out", "" + folder.resolve("o.onnx")));
    arguments.addAll(List.of(options));
    arguments.addAll(List.of("--write-plan", "" + plan));
    CommandRun ended = rspar(arguments.toArray(String[]::new));
    assertThat(ended.err()).isEmpty();
    Map<String, Integer> widths = new LinkedHashMap<>();
    for (JsonNode group : new ObjectMapper().readTree(Files.readString(plan)).path("groups")) {
      widths.put(group.path("id").asText(), group.path("kept").size());
    }
    return widths;
  }

  @Test
  void aCutIsReportedAsJson() throws Exception {
    Path out = folder.resolve("o.onnx");
    CommandRun ended = rspar("cut", MODEL, "--ratio", "0.5", "--out", "" + out, "--json");
    JsonNode json = new ObjectMapper().readTree(ended.out());
    assertThat(json.path("macsAfter").asLong())
        .isPositive()
        .isLessThan(json.path("macsBefore").asLong() / 3);
    assertThat(json.path("maskedDifference").asDouble(1)).isLessThan(1e-4);
  }

  @Test
  void aRequestIsValidatedWithoutBeingServed() throws Exception {
    Path request = Path.of("../examples/fashion-mnist/request-short.yaml");
    CommandRun ended = rspar("validate", request.toString());
    assertThat(ended.err()).isEmpty();
    assertThat(ended.status()).isZero();
    assertThat(ended.out())
        .contains("10 groups", "calibration", "examples", "on this machine", "valid: ");
    JsonNode json = new ObjectMapper().readTree(rspar("validate", "" + request, "--json").out());
    assertThat(json.path("valid").asBoolean()).isTrue();
    assertThat(json.at("/model/groups")).hasSize(10);
    assertThat(json.at("/estimate/totalSeconds").asDouble()).isBetween(0.1, 600.0);
    assertThat(json.at("/examples/test").asInt()).isPositive();
  }

  @Test
  void aRequestThatCannotBeServedIsOneLineAndStatus1() throws Exception {
    Path examples = Path.of("../examples/fashion-mnist").toRealPath();
    String yaml = Files.readString(examples.resolve("request-short.yaml"));
    assertThat(yaml).contains("macs: 50%");
    Path impossible =
        Files.writeString(
            folder.resolve("r.yaml"),
            yaml.replace("macs: 50%", "macs: 0.1%")
                .replace("fashion_resnet.onnx", examples + "/fashion_resnet.onnx")
                .replaceAll("(calibration|validation|test)(-images|-labels)", examples + "/$1$2"));
    CommandRun ended = rspar("validate", "" + impossible);
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err().lines()).hasSize(1);
    assertThat(ended.err()).contains("cannot be reached").contains(" — ");
  }

  @Test
  void theShellCompletesEveryCommand() throws Exception {
    Path script = Files.writeString(folder.resolve("rspar.bash"), rspar("completion").out());
    String probe =
        "source %s; COMP_WORDS=(rspar ''); COMP_CWORD=1; _complete_rspar; echo ${COMPREPLY[@]}"
            .formatted(script);
    Process bash = new ProcessBuilder("bash", "-c", probe).redirectErrorStream(true).start();
    String replies = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(replies).isZero();
    assertThat(replies.split("\\s+"))
        .contains("demo", "run", "validate", "serve", "inspect", "cut");
  }

  @Test
  void aBenchmarkLeavesItsTableAndItsNumbers() throws Exception {
    Path numbers = folder.resolve("n.json");
    Path out = folder.resolve("bench");
    String model = Path.of(MODEL).toString();
    CommandRun ended =
        rspar("bench", "networks", "--models", model, "--out", "" + out, "--json", "" + numbers);
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).contains("fashion_resnet");
    assertThat(out.resolve("table.md")).content().contains("| fashion_resnet |");
    JsonNode json = new ObjectMapper().readTree(Files.readString(numbers));
    assertThat(json.path("failures").asDouble(1)).isZero();
    assertThat(json.path("fashion_resnet.cut50.macsShare").asDouble()).isBetween(0.2, 0.3);
    assertThat(rspar("bench").out()).contains("networks").contains("graph-cost");
  }
}
