package io.rspar.kit.service;

import io.rspar.kit.event.Process;
import io.rspar.kit.event.Worker;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Starts and stops the loops of this application. A service module observes the start-up event and
 * calls {@link #work} or {@link #process} once; nothing happens where {@code rspar.services} does
 * not name the service.
 */
@ApplicationScoped
public class Loops {

  /** Runs a worker service; all its instances share one consumer group. */
  public void work(Service service, Worker worker) {
    work(service, "", worker);
  }

  /**
   * Runs a worker service whose instances of one kind share a consumer group, so that each kind
   * sees every event: evaluators of a device class.
   *
   * @param kind appended to the group's name; empty for one group of all
   */
  public void work(Service service, String kind, Worker worker) {
    throw new UnsupportedOperationException("started below");
  }

  /** Runs the service that holds the process state. */
  public <S> void process(Service service, Process<S> process) {
    throw new UnsupportedOperationException("started below");
  }
}
