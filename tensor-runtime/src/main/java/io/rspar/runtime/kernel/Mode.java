package io.rspar.runtime.kernel;

/** What BatchNormalization and Dropout do during a pass; other operators do not care. */
public enum Mode {
  /** Running statistics; nothing is dropped. */
  EVAL,
  /** Statistics of the batch, which also move the running ones by the node's momentum. */
  TRAIN,
  /** Statistics of the batch, handed to a {@link StatisticsSink}; running ones stay. */
  COLLECT
}
