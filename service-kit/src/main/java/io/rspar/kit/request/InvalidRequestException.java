package io.rspar.kit.request;

/** The request file cannot be used: the message names the place, the remedy what to write. */
public final class InvalidRequestException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String remedy;

  public InvalidRequestException(String message, String remedy) {
    super(message);
    this.remedy = remedy;
  }

  public String remedy() {
    return remedy;
  }
}
