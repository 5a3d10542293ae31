package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/own-model.md tells users of PyTorch, with a real PyTorch. */
class PyTorchExportTest {
  private static final Path PAGE = Path.of("..", "docs", "own-model.md");
  private static final Pattern EXAMPLE =
      Pattern.compile("### PyTorch\\s+```python\\n(.*?)```", Pattern.DOTALL);

  /** Debian's Python: others on the path may lack the library. */
  private static final String PYTHON = "/usr/bin/python3";

  @TempDir Path folder;

  @Test
  void theExampleGivesAModelThatIsCut() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of(PYTHON)) && python("import torchvision").status() == 0,
        "there is no PyTorch: apt-get install python3-torchvision");
    Matcher example = EXAMPLE.matcher(Files.readString(PAGE));
    assertThat(example.find()).isTrue();

    CommandRun exported = python(example.group(1));
    assertThat(exported.status()).as(exported.out()).isZero();

    String model = folder.resolve("resnet18.onnx").toString();
    CommandRun inspected = CommandRun.of(List.of("inspect", model));
    // As published for torchvision's ResNet-18.
    assertThat(inspected.out()).contains("11,689,512 parameters");
    String smaller = folder.resolve("smaller.onnx").toString();
    CommandRun cut = CommandRun.of(List.of("cut", model, "--ratio", "0.5", "--out", smaller));
    assertThat(cut.status()).as(cut.err()).isZero();
    assertThat(cut.out()).contains("checked: loads in ONNX Runtime");
  }

  private CommandRun python(String code) throws Exception {
    Process process =
        new ProcessBuilder(PYTHON, "-B", "-c", code)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new CommandRun(process.waitFor(), printed, "");
  }
}
