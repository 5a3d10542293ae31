package io.rspar.standalone.supervisor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a child JVM: the same Java as this one's. */
public final class JavaCommand {
  private JavaCommand() {}

  /**
   * @param jvmOptions such as {@code -Xmx512m} and system properties
   * @param main what to run: {@code -jar file}, or {@code -cp path MainClass arguments}
   */
  public static List<String> of(List<String> jvmOptions, List<String> main) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 24) {
      // The native libraries of the tensor runtime; without it these versions warn.
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    // Java 17 takes the log files' encoding from the locale otherwise.
    command.add("-Dfile.encoding=UTF-8");
    command.addAll(jvmOptions);
    command.addAll(main);
    return List.copyOf(command);
  }
}
