package io.rspar.search.process;

import java.util.Set;

/** Who could measure a candidate now. */
@FunctionalInterface
public interface Evaluators {

  /** Device classes of which at least one evaluator is connected, in alphabetical order. */
  Set<String> deviceClasses();
}
