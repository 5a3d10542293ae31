package io.rspar.graph.property;

/** Entry of a coverage-guided fuzzer: {@code .ci/fuzz model}. */
public final class ModelFuzzTarget {
  private ModelFuzzTarget() {}

  public static void fuzzerTestOneInput(byte[] model) {
    HostileModelTest.readsOrRefuses(model, "the fuzzer's model");
  }
}
