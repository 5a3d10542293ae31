package io.rspar.runtime;

/** A network produced NaN or an infinity where a number is needed. */
public final class NonFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String remedy;

  public NonFiniteException(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  /** What the user can do about it, as an imperative clause. */
  public String remedy() {
    return remedy;
  }
}
