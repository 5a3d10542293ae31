package io.rspar.standalone.cli;

import io.rspar.events.PruningStatus;
import io.rspar.events.Stage;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Progress as lines with the time since the start; never one that says nothing new. */
final class Progress {
  /** Two reports of one stage that differ by less than this and say the same are one (share). */
  private static final double STEP = 0.1;

  private record Shown(double share, String detail) {}

  private final PrintWriter out;
  private final long startNanos = System.nanoTime();
  private final Map<Stage, Shown> shown = new EnumMap<>(Stage.class);

  Progress(PrintWriter out) {
    this.out = out;
  }

  void line(String text) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    out.printf(Locale.ROOT, "[%6.1f s] %s%n", seconds, text);
    out.flush();
  }

  /** A new request begins: all that is said of it is new. */
  void begin(String title) {
    shown.clear();
    line(title);
  }

  void status(PruningStatus status) {
    Shown last = shown.get(status.getStage());
    if (last != null
        && last.detail().equals(status.getDetail())
        && Math.abs(last.share() - status.getProgress()) < STEP) {
      return;
    }
    shown.put(status.getStage(), new Shown(status.getProgress(), status.getDetail()));
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%-11s %3.0f %%  %s",
            status.getStage().name().toLowerCase(Locale.ROOT),
            100 * status.getProgress(),
            status.getDetail()));
    if (status.getCandidatesPlanned() > 0) {
      text.append(
          " (%d of %d candidates)"
              .formatted(status.getCandidatesDone(), status.getCandidatesPlanned()));
    }
    if (status.getBestSoFar() != null) {
      text.append(
          String.format(
              Locale.ROOT,
              ", best: accuracy %.2f %% at %.0f %% of the MACs",
              100 * status.getBestSoFar().getAccuracy(),
              100 * status.getBestSoFar().getMacsRatio()));
    }
    line(text.toString());
  }
}
