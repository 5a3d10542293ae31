package io.rspar.kit.failure;

import io.rspar.events.FailureReason;
import io.rspar.graph.InvalidModelException;
import io.rspar.runtime.NonFiniteException;
import io.rspar.runtime.data.InvalidDataException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** The one place that maps what was thrown to what is reported. */
public final class Failures {
  private static final Set<FailureReason> TRANSIENT = Set.of(FailureReason.TRANSIENT_IO);

  /** Longest message in an event or a header (characters): a line, not a log. */
  private static final int MAX_CHARACTERS = 1000;

  private Failures() {}

  /** Whether work that failed for this reason can succeed when it is tried again. */
  public static boolean isTransient(FailureReason reason) {
    return TRANSIENT.contains(reason);
  }

  /** The failure behind an exception or error, first attempt. */
  public static Failure of(Throwable thrown) {
    Throwable cause = unwrap(thrown);
    if (cause instanceof WorkException work) {
      return new Failure(work.reason(), work.getMessage(), work.remedy(), 1);
    }
    if (cause instanceof InvalidModelException model) {
      return new Failure(reasonOf(model.kind()), model.getMessage(), model.remedy(), 1);
    }
    if (cause instanceof InvalidDataException data) {
      return new Failure(reasonOf(data.kind()), data.getMessage(), data.remedy(), 1);
    }
    if (cause instanceof NonFiniteException diverged) {
      return new Failure(
          FailureReason.NON_FINITE_WEIGHT, diverged.getMessage(), diverged.remedy(), 1);
    }
    if (cause instanceof OutOfMemoryError) {
      return new Failure(
          FailureReason.OUT_OF_MEMORY,
          "The worker ran out of memory: " + describe(cause),
          "lower the batch sizes in the request, or give the worker more memory (-Xmx)",
          1);
    }
    if (cause instanceof NoSuchFileException || cause instanceof FileNotFoundException) {
      return new Failure(
          FailureReason.ARTIFACT_MISSING,
          "A file does not exist: " + describe(cause),
          "check the path, and that every worker mounts the same artifact store",
          1);
    }
    if (cause instanceof IOException) {
      return new Failure(
          FailureReason.TRANSIENT_IO,
          "Reading or writing failed: " + describe(cause),
          "check disk space, permissions and the network, then submit the request again",
          1);
    }
    return new Failure(
        FailureReason.INTERNAL_ERROR,
        "Unexpected " + cause.getClass().getSimpleName() + ": " + describe(cause),
        "report it with the worker's log: it is a defect of R-SPAR",
        1);
  }

  private static FailureReason reasonOf(InvalidModelException.Kind kind) {
    return switch (kind) {
      case UNREADABLE, MALFORMED, TOO_LARGE, INVALID_CUT -> FailureReason.INVALID_MODEL;
      case UNSUPPORTED -> FailureReason.UNSUPPORTED_OPERATOR;
      case UNSUPPORTED_OUTPUT -> FailureReason.UNSUPPORTED_OUTPUT;
      case NON_FINITE_WEIGHT -> FailureReason.NON_FINITE_WEIGHT;
    };
  }

  private static FailureReason reasonOf(InvalidDataException.Kind kind) {
    return switch (kind) {
      case MISSING, CORRUPT -> FailureReason.INVALID_DATA;
      case SHAPE -> FailureReason.INPUT_MISMATCH;
      case LABEL_OUT_OF_RANGE -> FailureReason.LABEL_OUT_OF_RANGE;
    };
  }

  private static Throwable unwrap(Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof ExecutionException
            || cause instanceof CompletionException
            || cause instanceof UncheckedIOException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static String describe(Throwable cause) {
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** The text without line breaks and not longer than an event should carry. */
  static String oneLine(String text) {
    String line = text == null ? "" : text.strip().replaceAll("\\s*\\R\\s*", " ");
    return line.length() <= MAX_CHARACTERS ? line : line.substring(0, MAX_CHARACTERS - 1) + "…";
  }
}
