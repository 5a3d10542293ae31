package io.rspar.standalone.cli;

import io.rspar.events.ModelMeasures;
import io.rspar.events.PruningCompleted;
import io.rspar.events.PruningFailed;
import io.rspar.standalone.client.EventJson;
import java.io.PrintWriter;
import java.util.Locale;
import org.apache.avro.specific.SpecificRecord;

/** Shows how a request has ended. */
final class RequestEnd {
  private final PrintWriter out;
  private final boolean json;

  /**
   * @param json whether the event itself has been shown as JSON already, so that nothing is left
   */
  RequestEnd(PrintWriter out, boolean json) {
    this.out = out;
    this.json = json;
  }

  /**
   * Prints a summary of a completed request.
   *
   * @return the command's exit code
   * @throws CommandFailure if the request has failed
   */
  int show(SpecificRecord end) throws CommandFailure {
    if (end instanceof PruningFailed failed) {
      throw CommandFailure.failed(
          "%s (%s)".formatted(failed.getMessage(), failed.getReason()), failed.getRemedy());
    }
    PruningCompleted completed = (PruningCompleted) end;
    if (!json) {
      ModelMeasures dense = completed.getDense();
      ModelMeasures pruned = completed.getPruned();
      out.printf(
          Locale.ROOT,
          "%s: accuracy %.2f %% -> %.2f %%, MACs %.1f %%, parameters %.1f %%, latency %.2f ms -> %.2f ms%n",
          completed.getGoalMet() ? "goal met" : "completed, goal not met",
          100 * dense.getAccuracy(),
          100 * pruned.getAccuracy(),
          100.0 * pruned.getMacs() / dense.getMacs(),
          100.0 * pruned.getParameters() / dense.getParameters(),
          dense.getLatencyP50Nanos() / 1e6,
          pruned.getLatencyP50Nanos() / 1e6);
      completed.getWarnings().forEach(warning -> out.println("warning: " + warning));
      out.println("results: " + completed.getDirectory());
    }
    out.flush();
    return 0;
  }

  /** Prints the event as JSON, then as {@link #show}. */
  int showAlone(SpecificRecord end) throws CommandFailure {
    if (json) {
      out.println(EventJson.of(end));
      out.flush();
    }
    return show(end);
  }
}
