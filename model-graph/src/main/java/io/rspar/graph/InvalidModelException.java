package io.rspar.graph;

/** The model cannot be used: the message names what is wrong and where, the remedy what to do. */
public final class InvalidModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Kind {
    /** Not an ONNX file, or a truncated one. */
    UNREADABLE,
    /** An ONNX file whose graph contradicts itself or the standard. */
    MALFORMED,
    /** A correct model with an operator, type or form that this part of R-SPAR does not know. */
    UNSUPPORTED,
    /**
     * A correct model whose output has no loss here: it can be cut, but neither scored nor trained.
     */
    UNSUPPORTED_OUTPUT,
    /** A weight is NaN or infinite. */
    NON_FINITE_WEIGHT,
    /** A file larger, deeper or wider than the configured limits. */
    TOO_LARGE,
    /** A cut that the network does not allow. */
    INVALID_CUT
  }

  private final Kind kind;
  private final String remedy;

  public InvalidModelException(Kind kind, String message, String remedy) {
    super(message);
    this.kind = kind;
    this.remedy = remedy;
  }

  public InvalidModelException(Kind kind, String message, String remedy, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.remedy = remedy;
  }

  public Kind kind() {
    return kind;
  }

  /** What the user can do about it, as an imperative clause. */
  public String remedy() {
    return remedy;
  }
}
