package io.rspar.runtime.data;

/** Data cannot be used: the message names what is wrong and where, the remedy what to do. */
public final class InvalidDataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Kind {
    /** A file, an archive entry or the examples asked for do not exist. */
    MISSING,
    /** A file is not what its format says, or is truncated. */
    CORRUPT,
    /** Examples have another shape than their description or the model's input. */
    SHAPE,
    /** A label is negative or not below the model's number of classes. */
    LABEL_OUT_OF_RANGE
  }

  private final Kind kind;
  private final String remedy;

  public InvalidDataException(Kind kind, String message, String remedy) {
    super(message);
    this.kind = kind;
    this.remedy = remedy;
  }

  public InvalidDataException(Kind kind, String message, String remedy, Throwable cause) {
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
