package io.rspar.kit.event;

/** Publishes how far a service is with a request. */
@FunctionalInterface
interface RequestProgress {
  /**
   * @param share done share of the running job, 0 to 1
   * @param detail what is being done, for a person to read
   */
  void publish(String requestId, double share, String detail);
}
