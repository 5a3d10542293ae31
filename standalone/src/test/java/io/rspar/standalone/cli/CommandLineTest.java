package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {
  private record Ended(int status, String out, String err) {}

  @TempDir Path folder;

  private static Ended rspar(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commands =
        Rspar.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status = commands.execute(arguments);
    return new Ended(status, out.toString(), err.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "run", "inspect", "cut", "bench"})
  void everyCommandHasHelpWithExamples(String command) {
    Ended ended = rspar(command, "--help");
    assertThat(ended.status()).isZero();
    assertThat(ended.out()).contains("Usage: rspar " + command).contains("rspar " + command + " ");
    assertThat(ended.out()).containsIgnoringCase("examples:");
  }

  @Test
  void wrongUsageIsOneLineAndStatus2() {
    for (List<String> arguments :
        List.of(
            List.of("frobnicate"),
            List.of("run"),
            List.of("run", "request.yaml"),
            List.of("inspect"),
            List.of("bench", "frobnicate"),
            List.of("cut", "m.onnx", "--ratio", "1.5", "--out", "o.onnx"),
            List.of("cut", "m.onnx", "--ratio", "half", "--out", "o.onnx"),
            List.of("cut", "m.onnx", "--ratio", "0.5", "--criterion", "magic", "--out", "o.onnx"),
            List.<String>of())) {
      Ended ended = rspar(arguments.toArray(String[]::new));
      assertThat(ended.status()).as(arguments.toString()).isEqualTo(2);
      assertThat(ended.err()).as(arguments.toString()).startsWith("error: ").contains(" — ");
      assertThat(ended.err().lines()).as(arguments.toString()).hasSize(1);
    }
  }

  @Test
  void aRequestThatCannotBeUsedEndsBeforeAnythingStarts() throws Exception {
    Path request = Files.writeString(folder.resolve("r.yaml"), "modell: x.onnx\n");
    Path out = folder.resolve("out");
    Ended ended = rspar("run", request.toString(), "--out", out.toString());
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err()).contains("has no key 'modell'").contains("did you mean 'model'?");
    assertThat(out).doesNotExist();
  }

  @Test
  void aModelThatCannotBeReadIsOneLineAndStatus1() throws Exception {
    Path junk = Files.writeString(folder.resolve("junk.onnx"), "no model");
    Ended ended = rspar("inspect", junk.toString());
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err().lines()).hasSize(1);
    assertThat(ended.err()).startsWith("error: ").contains("junk.onnx");

    Path out = folder.resolve("out.onnx");
    ended = rspar("cut", folder.resolve("none").toString(), "--ratio", "0.5", "--out", "" + out);
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.err().lines()).hasSize(1);
    assertThat(out).doesNotExist();
  }
}
