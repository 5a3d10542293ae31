package io.rspar.kit.event;

/** Where a loop is. */
public enum LoopState {
  /** Not yet connected to the brokers. */
  STARTING,
  /** Consuming. */
  RUNNING,
  /** Lost its session with the brokers; begins a new one. */
  RECONNECTING,
  /** Stopped on request. */
  STOPPED,
  /** Ended by a defect; the process has to be restarted. */
  BROKEN
}
