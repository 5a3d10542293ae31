package io.rspar.standalone.broker;

import io.rspar.standalone.supervisor.ParentWatch;

/** Kafka's own main class, ended in order when the parent process ends. */
public final class BrokerMain {
  private BrokerMain() {}

  public static void main(String[] arguments) {
    ParentWatch.whenParentEnds(() -> System.exit(0));
    kafka.Kafka.main(arguments);
  }
}
