package io.rspar.kit.model;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.util.List;
import java.util.regex.MatchResult;

/**
 * Regular expressions for the names of layers and groups, written by a stranger. RE2 matches any of
 * them in linear time; what is left to bound is their number and the automaton that one of them
 * stands for.
 */
final class NamePatterns {
  private static final int MAX_EXPRESSIONS = 1000;

  /** Longest expression (characters). */
  private static final int MAX_LENGTH = 1000;

  /** Largest automaton (characters, with counted repetitions written out). */
  private static final double MAX_EXPANDED = 100_000;

  private static final java.util.regex.Pattern COUNT =
      java.util.regex.Pattern.compile("\\{(\\d+)(?:,(\\d*))?\\}");

  private NamePatterns() {}

  /**
   * @param key of the constraints, for messages
   * @throws WorkException INVALID_REQUEST naming the expression
   */
  static List<Pattern> of(String key, List<String> expressions) {
    if (expressions.size() > MAX_EXPRESSIONS) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "constraints.%s has %d entries".formatted(key, expressions.size()),
          "name at most %d; one expression can match many layers".formatted(MAX_EXPRESSIONS));
    }
    return expressions.stream().map(expression -> compile(key, expression)).toList();
  }

  private static Pattern compile(String key, String expression) {
    if (expression.length() > MAX_LENGTH || expanded(expression) > MAX_EXPANDED) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "constraints.%s: '%s' is too large for a regular expression"
              .formatted(key, abbreviated(expression)),
          "write at most %d characters, and repeat with * or + instead of large counts"
              .formatted(MAX_LENGTH));
    }
    try {
      return Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "constraints.%s: '%s' is no regular expression: %s"
              .formatted(key, expression, e.getDescription()),
          "correct it (RE2 syntax: no look-around, no back-references)",
          e);
    }
  }

  /** As if every counted repetition stood inside all others: never less than the automaton. */
  private static double expanded(String expression) {
    return COUNT
        .matcher(expression)
        .results()
        .mapToDouble(NamePatterns::count)
        .reduce(expression.length(), (size, count) -> size * count);
  }

  private static double count(MatchResult repetition) {
    String least = repetition.group(1);
    String most = repetition.group(2);
    return Math.max(1, Double.parseDouble(most == null || most.isEmpty() ? least : most));
  }

  private static String abbreviated(String expression) {
    return expression.length() <= 40 ? expression : expression.substring(0, 40) + "…";
  }
}
