package io.rspar.standalone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.standalone.supervisor.JavaCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A command that runs until it is interrupted, in a process of its own. */
final class InterruptedCommand implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final List<String> arguments;
  private final Path log;
  private final Process process;

  InterruptedCommand(Path folder, List<String> arguments) throws IOException {
    this.arguments = arguments;
    log = Files.createTempFile(folder, arguments.get(0), ".log");
    List<String> main = new ArrayList<>();
    main.addAll(List.of("-cp", System.getProperty("java.class.path"), Rspar.class.getName()));
    main.addAll(arguments);
    List<String> options = new ArrayList<>();
    for (String property : List.of("rspar.application", "rspar.work")) {
      options.add("-D%s=%s".formatted(property, System.getProperty(property)));
    }
    process =
        new ProcessBuilder(JavaCommand.of(options, main))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
  }

  /** The first group of a pattern, once the command has printed it. */
  String awaits(String pattern) throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (true) {
      boolean lives = process.isAlive();
      String printed = Files.readString(log);
      Matcher matcher = Pattern.compile(pattern).matcher(printed);
      if (matcher.find()) {
        return matcher.group(1);
      }
      assertThat(lives && Instant.now().isBefore(deadline))
          .as("rspar %s prints %s; so far: %s", String.join(" ", arguments), pattern, printed)
          .isTrue();
      Thread.sleep(100);
    }
  }

  /** Asks it to end; whether it did. */
  boolean interrupted() throws InterruptedException {
    process.destroy();
    return process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
