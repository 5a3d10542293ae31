package io.rspar.standalone.broker;

/** The embedded broker did not come up. */
public final class BrokerStartException extends Exception {
  private static final long serialVersionUID = 1L;

  BrokerStartException(String message) {
    super(message);
  }

  BrokerStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
