package io.rspar.standalone.cli;

import com.google.re2j.Pattern;
import io.rspar.kit.event.RegistryUnavailableException;
import io.rspar.kit.failure.Failure;
import io.rspar.kit.failure.Failures;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command line's entry. */
@Command(
    name = "rspar",
    description = "Makes neural networks physically smaller: structured pruning on Kafka.",
    mixinStandardHelpOptions = true,
    version = "rspar 0.1.0",
    subcommands = {
      DemoCommand.class,
      RunCommand.class,
      SubmitCommand.class,
      WatchCommand.class,
      ResultsCommand.class,
      CancelCommand.class,
      ServicesCommand.class,
      TopicsCommand.class,
      CompareCommand.class,
      ServeCommand.class,
      ValidateCommand.class,
      InspectCommand.class,
      CutCommand.class,
      BenchCommand.class,
      CompletionCommand.class,
      CommandLine.HelpCommand.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  rspar demo --short",
      "  rspar validate request.yaml",
      "  rspar run request.yaml --out out/",
      "  rspar submit request.yaml -b localhost:9092 --wait",
      "  rspar compare request.yaml --out out/compare",
      "  rspar serve",
      "  rspar inspect model.onnx",
      "  rspar cut model.onnx --ratio 0.5 --out smaller.onnx",
      "  rspar bench graph-cost"
    })
public final class Rspar implements Runnable {
  private static final Map<String, String> EXIT_CODES = exitCodes();

  @Spec private CommandSpec spec;

  private static Map<String, String> exitCodes() {
    Map<String, String> codes = new LinkedHashMap<>();
    codes.put("0", "done; of a request: completed");
    codes.put("1", "failed; one line on the standard error names cause and remedy");
    codes.put("2", "wrong usage, or an invalid request");
    codes.put("130", "interrupted");
    return codes;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is missing");
  }

  public static void main(String[] arguments) {
    // Before the first logger: the command line shows progress, not log lines.
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    System.setProperty(
        "logging.configuration", String.valueOf(Rspar.class.getResource("logging.properties")));
    System.exit(commandLine().execute(arguments));
  }

  /** The commands, ready to execute; its streams can be redirected. */
  static CommandLine commandLine() {
    CommandLine commands = new CommandLine(new Rspar());
    documentExitCodes(commands);
    return commands
        .registerConverter(Pattern.class, Pattern::compile)
        .registerConverter(Path.class, Rspar::localPath)
        .setParameterExceptionHandler(
            (exception, arguments) -> {
              CommandLine at = exception.getCommandLine();
              String remedy = "see " + at.getCommandSpec().qualifiedName() + " --help";
              return report(CommandFailure.usage(exception.getMessage(), remedy), at.getErr());
            })
        .setExecutionExceptionHandler(
            (exception, commandLine, parsed) -> report(exception, commandLine.getErr()));
  }

  /** In the help of every command that does not say more. */
  private static void documentExitCodes(CommandLine command) {
    UsageMessageSpec help = command.getCommandSpec().usageMessage();
    help.exitCodeListHeading("%nExit codes:%n");
    if (help.exitCodeList().isEmpty()) {
      help.exitCodeList(EXIT_CODES);
    }
    command.getSubcommands().values().forEach(Rspar::documentExitCodes);
  }

  /** A file or folder of this machine. */
  private static Path localPath(String written) {
    if (!written.matches("[a-z][a-z0-9+.-]+://.*")) {
      return Path.of(written);
    }
    if (written.startsWith("file:///")) {
      return Path.of(URI.create(written));
    }
    throw new TypeConversionException(
        "'%s' is not on this machine: name a file or folder here (a request names results in S3 by its key 'output')"
            .formatted(written));
  }

  private static int report(Exception exception, PrintWriter err) {
    if (exception instanceof CommandFailure failure) {
      err.println(failure.line());
      err.flush();
      return failure.exitCode();
    }
    if (exception instanceof KafkaException && !(exception instanceof SerializationException)) {
      String remedy =
          exception instanceof RegistryUnavailableException
              ? "check --schema-registry"
              : "check --bootstrap-servers, --client-properties and the topics' permissions";
      err.println(CommandFailure.failed("Kafka says: " + exception.getMessage(), remedy).line());
      err.flush();
      return CommandLine.ExitCode.SOFTWARE;
    }
    Failure failure = Failures.of(exception);
    err.println(CommandFailure.failed(failure.message(), failure.remedy()).line());
    if (failure.concernsOperator()) {
      exception.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }
}
