package io.rspar.standalone.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/**
 * How a command has ended that ran in this process.
 *
 * @param status exit code
 * @param out standard output
 * @param err standard error
 */
public record CommandRun(int status, String out, String err) {

  /** Runs a command to its end. */
  public static CommandRun of(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commands =
        Rspar.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status = commands.execute(arguments.toArray(String[]::new));
    return new CommandRun(status, out.toString(), err.toString());
  }
}
