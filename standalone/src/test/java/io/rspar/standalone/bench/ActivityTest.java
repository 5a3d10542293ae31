package io.rspar.standalone.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ActivityTest {
  private static final StackTraceElement[] CONVOLUTION =
      stack(
          "ai.djl.pytorch.jni.PyTorchLibrary.torchConvNd",
          "io.rspar.runtime.kernel.Convolution.run",
          "io.rspar.pruner.PrunerWorker.work",
          "io.rspar.kit.event.JobRunner.run");

  private static final StackTraceElement[] WRITING =
      stack(
          "com.google.protobuf.CodedOutputStream.write",
          "io.rspar.graph.onnx.OnnxWriter.toBytes",
          "io.rspar.pruner.PrunerWorker.staged",
          "io.rspar.kit.event.JobRunner.run");

  private static final StackTraceElement[] POLLING =
      stack(
          "sun.nio.ch.EPoll.wait",
          "org.apache.kafka.clients.consumer.KafkaConsumer.poll",
          "io.rspar.kit.event.EventLoop.run");

  @Test
  void theInnermostFrameThatSaysSomethingDecides() {
    assertThat(Activity.of(CONVOLUTION)).hasValue(Activity.NUMERICAL);
    assertThat(Activity.of(WRITING)).hasValue(Activity.SERIALISATION);
    assertThat(Activity.of(POLLING)).hasValue(Activity.EVENTS);
    assertThat(
            Activity.of(
                stack(
                    "java.security.MessageDigest.update",
                    "io.rspar.kit.artifact.Digest.of",
                    "io.rspar.eval.EvalWorker.work")))
        .hasValue(Activity.FILES);
    assertThat(Activity.of(stack("java.lang.Object.wait", "java.lang.ref.Finalizer.run")))
        .isEmpty();
  }

  @Test
  void readingADataSetIsFilesAndFillingABatchIsWork() {
    Map.of("read", Activity.FILES, "batch", Activity.NUMERICAL)
        .forEach(
            (method, activity) ->
                assertThat(
                        Activity.of(
                            stack(
                                "io.rspar.runtime.data.Examples.get",
                                "io.rspar.runtime.data.Dataset." + method,
                                "io.rspar.eval.AccuracyMeter.evaluate")))
                    .hasValue(activity));
  }

  /** One thread at work is enough: what others do meanwhile costs no time. */
  @Test
  void aMomentIsNumericalWhenAnyThreadIs() {
    assertThat(Activity.of(List.of(POLLING, WRITING, CONVOLUTION))).isEqualTo(Activity.NUMERICAL);
    assertThat(Activity.of(List.of(POLLING, WRITING))).isEqualTo(Activity.SERIALISATION);
    assertThat(Activity.of(List.<StackTraceElement[]>of(POLLING))).isEqualTo(Activity.EVENTS);
  }

  /** Innermost frame first. */
  private static StackTraceElement[] stack(String... methods) {
    StackTraceElement[] stack = new StackTraceElement[methods.length];
    for (int i = 0; i < stack.length; i++) {
      int dot = methods[i].lastIndexOf('.');
      stack[i] =
          new StackTraceElement(
              methods[i].substring(0, dot), methods[i].substring(dot + 1), "Code.java", i);
    }
    return stack;
  }
}
