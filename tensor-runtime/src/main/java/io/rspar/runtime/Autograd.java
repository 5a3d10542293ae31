package io.rspar.runtime;

import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Recording of operations for gradients. The engine allows one {@link GradientCollector} per
 * process, so several services in one process take turns, in the order in which they ask.
 */
public final class Autograd {
  private static final ReentrantLock TURN = new ReentrantLock(true);

  private Autograd() {}

  /**
   * Runs work whose operations on arrays that require gradients are recorded.
   *
   * @param work calls {@code backward} on a scalar; gradients are added to those already there
   * @throws IllegalStateException if called inside other recorded work
   */
  public static <T> T record(Function<GradientCollector, T> work) {
    if (isRecording()) {
      throw new IllegalStateException("recording inside recorded work");
    }
    TURN.lock();
    try {
      stopRecording();
      try (GradientCollector collector = Torch.engine().newGradientCollector()) {
        return work.apply(collector);
      }
    } finally {
      TURN.unlock();
    }
  }

  /** Whether the calling thread is inside recorded work. */
  static boolean isRecording() {
    return TURN.isHeldByCurrentThread();
  }

  /** Turns off what libtorch does by default in every new thread, unless inside recorded work. */
  static void stopRecordingByDefault() {
    if (!isRecording()) {
      stopRecording();
    }
  }

  private static void stopRecording() {
    Torch.engine();
    JniUtils.setGradMode(false);
  }
}
