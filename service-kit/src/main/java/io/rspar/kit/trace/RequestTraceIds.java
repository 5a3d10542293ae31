package io.rspar.kit.trace;

import io.opentelemetry.sdk.trace.IdGenerator;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Supplier;

/**
 * Derives the id of a request's trace from the request's id, so that whatever begins a span without
 * a parent — a submission, a cancellation, a job whose event came without a trace context — begins
 * it in the same trace, and so that whoever knows the request finds the trace.
 */
final class RequestTraceIds implements IdGenerator {
  /** Bytes of a trace id. */
  private static final int LENGTH = 16;

  private final IdGenerator random = IdGenerator.random();
  private final ThreadLocal<String> request = new ThreadLocal<>();

  /** Begins something that belongs to a request. */
  <T> T within(String requestId, Supplier<T> beginning) {
    request.set(requestId);
    try {
      return beginning.get();
    } finally {
      request.remove();
    }
  }

  @Override
  public String generateTraceId() {
    String requestId = request.get();
    return requestId == null ? random.generateTraceId() : traceIdOf(requestId);
  }

  @Override
  public String generateSpanId() {
    return random.generateSpanId();
  }

  /** The first 16 bytes of the request id's SHA-256, as 32 hexadecimal digits. */
  static String traceIdOf(String requestId) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(requestId.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
