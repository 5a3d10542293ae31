package io.rspar.standalone.cli;

import io.rspar.events.PruningStatus;
import io.rspar.events.Stage;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Progress as lines with the time since the start; never one that says nothing new. On a terminal a
 * bar below them shows every report of the running stage.
 */
final class Progress {
  /** Whether a terminal shows the standard output; the launcher knows. */
  private static final String TERMINAL = "rspar.terminal";

  private static final int BAR = 24;

  /** To the line's beginning, and erase it (ECMA-48). */
  private static final String ERASE = "\r\u001b[K";

  /** Two reports of one stage that differ by less than this and say the same are one (share). */
  private static final double STEP = 0.1;

  private record Shown(double share, String detail) {}

  private final PrintWriter out;
  private final long startNanos = System.nanoTime();
  private final Map<Stage, Shown> shown = new EnumMap<>(Stage.class);
  private final boolean terminal;
  private boolean barShown;

  Progress(PrintWriter out) {
    this(out, Boolean.getBoolean(TERMINAL));
  }

  /**
   * @param terminal whether what is written can be erased again
   */
  Progress(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  void line(String text) {
    if (barShown) {
      out.print(ERASE);
      barShown = false;
    }
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
      bar(status);
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
    bar(status);
  }

  private void bar(PruningStatus status) {
    if (!terminal || status.getProgress() >= 1) {
      return;
    }
    int done = (int) Math.round(BAR * status.getProgress());
    out.printf(
        Locale.ROOT,
        "%s  %s %s%s %3.0f %%",
        ERASE,
        status.getStage().name().toLowerCase(Locale.ROOT),
        "█".repeat(done),
        "░".repeat(BAR - done),
        100 * status.getProgress());
    out.flush();
    barShown = true;
  }
}
