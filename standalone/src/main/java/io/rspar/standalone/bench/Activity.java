package io.rspar.standalone.bench;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** What a program is doing at a moment, from the stacks of its threads. */
enum Activity {
  /** Scores, cuts, compensation, evaluation, timing, decisions of the search. */
  NUMERICAL("numerical work"),
  /** Models, plans, reports and events into bytes and back. */
  SERIALISATION("serialisation"),
  /** Artifacts and data sets: files, checksums. */
  FILES("artifact and data files"),
  /** Kafka: nothing else is done but send, receive and wait for events. */
  EVENTS("events and waiting");

  /** Method of the data package that gives a network its input. */
  private static final String BATCH = "batch";

  private record Code(String prefix, Activity activity) {}

  /** Of several that fit the first counts. */
  private static final List<Code> CODE =
      List.of(
          new Code("io.rspar.graph.onnx.", SERIALISATION),
          new Code("com.google.protobuf.", SERIALISATION),
          new Code("com.fasterxml.jackson.", SERIALISATION),
          new Code("org.apache.avro.", SERIALISATION),
          new Code("io.rspar.events.", SERIALISATION),
          new Code("io.rspar.kit.artifact.", FILES),
          new Code("org.apache.kafka.", EVENTS),
          new Code("io.rspar.kit.event.", EVENTS),
          new Code("ai.djl.", NUMERICAL),
          new Code("ai.onnxruntime.", NUMERICAL),
          new Code("io.rspar.graph.", NUMERICAL),
          new Code("io.rspar.runtime.", NUMERICAL),
          new Code("io.rspar.sensitivity.", NUMERICAL),
          new Code("io.rspar.search.", NUMERICAL),
          new Code("io.rspar.pruner.", NUMERICAL),
          new Code("io.rspar.eval.", NUMERICAL));

  private final String description;

  Activity(String description) {
    this.description = description;
  }

  String description() {
    return description;
  }

  /**
   * What all threads together do: the first of the constants that any thread does.
   *
   * @param stacks innermost frame first
   */
  static Activity of(Collection<StackTraceElement[]> stacks) {
    return stacks.stream()
        .map(Activity::of)
        .flatMap(Optional::stream)
        .min(Enum::compareTo)
        .orElse(EVENTS);
  }

  /** What one thread does: the innermost frame that says it; empty for threads of others. */
  static Optional<Activity> of(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (frame.getClassName().startsWith("io.rspar.runtime.data.")) {
        // Examples are read or put into batches: a frame further out tells.
        if (frame.getMethodName().equals(BATCH)) {
          return Optional.of(NUMERICAL);
        }
        if (frame.getMethodName().equals("read")) {
          return Optional.of(FILES);
        }
        continue;
      }
      for (Code code : CODE) {
        if (frame.getClassName().startsWith(code.prefix())) {
          return Optional.of(code.activity());
        }
      }
    }
    return Optional.empty();
  }
}
