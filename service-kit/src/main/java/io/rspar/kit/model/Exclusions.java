package io.rspar.kit.model;

import io.rspar.events.CutConstraints;
import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** What the user wants left alone. */
public final class Exclusions {
  private Exclusions() {}

  /**
   * The patterns of a request's exclusions.
   *
   * @throws WorkException INVALID_REQUEST naming the expression that is none
   */
  public static List<Pattern> of(CutConstraints constraints) {
    return constraints.getExclude().stream().map(Exclusions::pattern).toList();
  }

  private static Pattern pattern(String expression) {
    try {
      return Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "constraints.exclude: '" + expression + "' is no regular expression: " + e.getDescription(),
          "correct it (Java syntax)",
          e);
    }
  }
}
