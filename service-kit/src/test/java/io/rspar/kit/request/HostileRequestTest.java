package io.rspar.kit.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a request file holds, it is a request or is refused with cause and remedy, soon. */
@Timeout(value = 15, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileRequestTest {
  /** More of it by hand: {@code -DargLine="-Drspar.fuzz.cases=100000 -Drspar.fuzz.seed=7"}. */
  private static final int CASES = Integer.getInteger("rspar.fuzz.cases", 500);

  private static final Path FOLDER = Path.of("..", "examples", "fashion-mnist");

  /** Pieces that mean something in YAML, in JSON, in URIs or to the schema. */
  private static final List<String> PIECES =
      List.of(
          "",
          "~",
          "null",
          "{}",
          "[]",
          "[",
          "]",
          "{",
          "}",
          ":",
          "-",
          "&a",
          "*a",
          "<<: *a",
          "!!java",
          "!!binary",
          "'",
          "\"",
          "|",
          ">",
          "#",
          "\t",
          "\n",
          "  ",
          "\u0000",
          "\ud800",
          "\ufeff",
          "%",
          "0",
          "-1",
          "50%",
          "1e999",
          "NaN",
          ".inf",
          "-.inf",
          "0x10",
          "1_000",
          "4ms",
          "1 point",
          "2147483648",
          "9223372036854775808",
          "file:",
          "s3://",
          "http://a b",
          "file:///\u0000",
          "::",
          "../../x",
          "model",
          "data",
          "target",
          "macs",
          "latency",
          "limit",
          "files",
          "id",
          "search",
          "reuse",
          "output",
          "seed",
          "true",
          "a: b",
          "? x",
          "--- ",
          "...",
          "2026-01-01");

  @TempDir Path folder;

  @Test
  void mutatedRequestsAreReadOrRefused() throws Exception {
    long seed = Long.getLong("rspar.fuzz.seed", 20_260_101L);
    Random random = new Random(seed);
    List<String> requests =
        List.of(
            Files.readString(FOLDER.resolve("request.yaml")),
            Files.readString(FOLDER.resolve("request-short.yaml")));
    int read = 0;
    for (int i = 0; i < CASES; i++) {
      String request = requests.get(random.nextInt(requests.size()));
      int changes = 1 + random.nextInt(3);
      for (int change = 0; change < changes; change++) {
        request = mutate(request, random);
      }
      if (readsOrRefuses(request, "seed %d, case %d".formatted(seed, i))) {
        read++;
      }
    }
    System.out.printf(
        "%d mutated requests: %d read, %d refused (seed %d)%n", CASES, read, CASES - read, seed);
    assertThat(read).as("mutations that leave a request valid").isPositive();
    assertThat(CASES - read).as("mutations that are refused").isPositive();
  }

  /** Replaces, inserts, doubles or drops tokens or lines. */
  private static String mutate(String request, Random random) {
    if (random.nextInt(4) == 0) {
      List<String> lines = new ArrayList<>(Arrays.asList(request.split("\n", -1)));
      int line = random.nextInt(lines.size());
      switch (random.nextInt(3)) {
        case 0 -> lines.remove(line);
        case 1 -> lines.add(line, lines.get(random.nextInt(lines.size())));
        default -> lines.set(line, "  " + lines.get(line));
      }
      return String.join("\n", lines);
    }
    List<String> tokens =
        new ArrayList<>(Arrays.asList(request.split("(?<=[\\s:,{}\\[\\]])|(?=[\\s:,{}\\[\\]])")));
    String piece = PIECES.get(random.nextInt(PIECES.size()));
    int at = random.nextInt(tokens.size());
    switch (random.nextInt(4)) {
      case 0 -> tokens.add(at, piece);
      case 1 -> tokens.remove(at);
      case 2 -> tokens.add(at, tokens.get(random.nextInt(tokens.size())));
      default -> tokens.set(at, piece);
    }
    return String.join("", tokens);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model: 'http://a b'",
        "model: \"a\\0b.onnx\"",
        "model: '::'",
        "model: 's3://bucket/a b.onnx'",
        "output: 'http://a b'",
        "search: {reuse: 'file:///%'}",
      })
  void aReferenceThatIsNoUriIsNamed(String line) throws Exception {
    String key = line.substring(0, line.indexOf(':'));
    String request =
        Files.readString(FOLDER.resolve("request-short.yaml"))
            .lines()
            .filter(l -> !l.startsWith(key + ":"))
            .collect(Collectors.joining("\n", line + "\n", "\n"));
    readsOrRefuses(request, line);
  }

  @Test
  void bombsAreRefused() throws Exception {
    StringBuilder laughs = new StringBuilder("a0: &a0 [lol, lol]\n");
    for (int i = 1; i < 60; i++) {
      laughs.append("a%d: &a%d [*a%d, *a%d, *a%d]\n".formatted(i, i, i - 1, i - 1, i - 1));
    }
    refused(laughs.toString());
    refused("model: " + "[".repeat(100_000));
    refused("{\"model\": " + "{\"a\":".repeat(100_000));
    refused("model: " + "- ".repeat(100_000));
    refused("seed: " + "9".repeat(500_000));
    refused("x".repeat((1 << 20) + 1));
    refused("? ".repeat(50_000));
    refused("!!javax.script.ScriptEngineManager [!!java.net.URL ['http://localhost:1/']]");
  }

  private void refused(String request) throws Exception {
    Path file = Files.writeString(folder.resolve("request.yaml"), request);
    InvalidRequestException refusal =
        catchThrowableOfType(
            InvalidRequestException.class, () -> new RequestFile().read(file, Instant.EPOCH));
    assertThat(refusal).as(request.substring(0, Math.min(40, request.length()))).isNotNull();
    assertThat(refusal.getMessage()).isNotBlank().hasSizeLessThan(2000);
    assertThat(refusal.remedy()).isNotBlank();
  }

  private boolean readsOrRefuses(String request, String name) throws Exception {
    Path file = folder.resolve("request.yaml");
    Files.writeString(file, request.replace("\ud800", ""));
    try {
      new RequestFile().read(file, Instant.EPOCH);
      return true;
    } catch (InvalidRequestException e) {
      assertThat(e.getMessage()).as(name).isNotBlank();
      assertThat(e.remedy()).as(name).isNotBlank();
      return false;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      throw new AssertionError(name + " got past the checks:\n" + request, e);
    }
  }
}
