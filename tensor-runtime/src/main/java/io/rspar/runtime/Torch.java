package io.rspar.runtime;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Starts the PyTorch engine, offline and with a set number of threads. System properties: {@code
 * rspar.torch.threads} = threads inside one operator, by default the number of processors.
 */
public final class Torch {
  /** Property that sets the number of threads inside one operator. */
  public static final String THREADS_PROPERTY = "rspar.torch.threads";

  private static final String ENGINE = "PyTorch";

  static {
    // A missing native library then fails at once instead of being fetched.
    System.setProperty("ai.djl.offline", "true");
    setIfAbsent(
        "ai.djl.pytorch.num_threads",
        Integer.getInteger(THREADS_PROPERTY, Runtime.getRuntime().availableProcessors()));
    setIfAbsent("ai.djl.pytorch.num_interop_threads", 1);
  }

  private Torch() {}

  private static void setIfAbsent(String property, int value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(value));
    }
  }

  static Engine engine() {
    return Engine.getEngine(ENGINE);
  }

  /** A manager of arrays on the CPU, to be closed by the caller. */
  public static NDManager newManager() {
    return engine().newBaseManager();
  }

  /** Sets the number of threads inside one operator, for the whole process. */
  public static void setThreads(int threads) {
    engine();
    JniUtils.setNumThreads(threads);
  }

  /** Number of threads inside one operator. */
  public static int threads() {
    engine();
    return JniUtils.getNumThreads();
  }

  /** The engine's version, for provenance. */
  public static String version() {
    return engine().getVersion();
  }
}
