package io.rspar.standalone.supervisor;

import java.io.IOException;
import java.io.InputStream;

/**
 * Ends a child process when its parent is gone, however the parent ended: the parent holds the
 * other end of the child's standard input, and the operating system closes it.
 */
public final class ParentWatch {
  private ParentWatch() {}

  /** Runs an action when standard input ends. */
  public static void whenParentEnds(Runnable action) {
    InputStream in = System.in;
    Thread watch =
        new Thread(
            () -> {
              awaitEnd(in);
              action.run();
            },
            "rspar-parent-watch");
    watch.setDaemon(true);
    watch.start();
  }

  private static void awaitEnd(InputStream in) {
    try {
      while (in.read() >= 0) {
        // Nobody writes; only the end matters.
      }
    } catch (IOException e) {
      // A broken pipe is an end too.
    }
  }
}
