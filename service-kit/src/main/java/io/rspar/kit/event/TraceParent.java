package io.rspar.kit.event;

import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The W3C trace context's {@code traceparent}: one trace per request, one span per event, so that
 * whoever collects traces can tell which event caused which.
 *
 * @param traceId 32 lower-case hexadecimal digits, not all zero
 * @param spanId 16 lower-case hexadecimal digits, not all zero
 * @param flags 2 lower-case hexadecimal digits; 01 means that the trace is sampled
 * @see <a href="https://www.w3.org/TR/trace-context/">W3C Trace Context, section 3.2</a>
 */
record TraceParent(String traceId, String spanId, String flags) {
  private static final Pattern FORMAT =
      Pattern.compile(
          "[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

  /** A trace that begins here. */
  static TraceParent begin() {
    return new TraceParent(random() + random(), random(), "01");
  }

  /** What a header says, if it is one of a version that can be understood. */
  static Optional<TraceParent> parse(String header) {
    Matcher matcher = FORMAT.matcher(header);
    return matcher.matches() && !header.startsWith("ff")
        ? Optional.of(new TraceParent(matcher.group(1), matcher.group(2), matcher.group(3)))
        : Optional.empty();
  }

  /** Another span of the same trace. */
  TraceParent child() {
    return new TraceParent(traceId, random(), flags);
  }

  private static String random() {
    long bits;
    do {
      bits = ThreadLocalRandom.current().nextLong();
    } while (bits == 0);
    return HexFormat.of().toHexDigits(bits);
  }

  @Override
  public String toString() {
    return "00-" + traceId + "-" + spanId + "-" + flags;
  }
}
