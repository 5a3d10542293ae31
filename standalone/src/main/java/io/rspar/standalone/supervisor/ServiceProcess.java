package io.rspar.standalone.supervisor;

import io.rspar.kit.service.Service;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * How to run services of one installation as child processes: broker, artifacts and logs that they
 * share.
 *
 * @param folder for artifacts, checkpoints and logs
 * @param core processor core that a process is held on, by Linux's {@code taskset}; −1 for any
 * @param jvmOptions such as {@code -Xmx4g}
 * @param maxRestarts how often a process that dies is started again
 */
public record ServiceProcess(
    Application application,
    Path folder,
    String bootstrapServers,
    int core,
    List<String> jvmOptions,
    int maxRestarts) {
  public ServiceProcess {
    jvmOptions = List.copyOf(jvmOptions);
  }

  /** Processes that are not started again and may run anywhere. */
  public ServiceProcess(Application application, Path folder, String bootstrapServers) {
    this(application, folder, bootstrapServers, -1, List.of(), 0);
  }

  /** The same, held on one processor core. */
  public ServiceProcess pinnedTo(int onCore) {
    return new ServiceProcess(
        application, folder, bootstrapServers, onCore, jvmOptions, maxRestarts);
  }

  /** A process for some services that is not started yet. */
  public ChildProcess of(String name, List<Service> together) {
    return of(name, together, status -> {});
  }

  /**
   * A process for some services that is not started yet.
   *
   * @param onRestart told the exit status of one that is started again
   */
  public ChildProcess of(String name, List<Service> together, IntConsumer onRestart) {
    Path logs = folder.resolve("logs");
    List<String> options = new ArrayList<>();
    options.add("-XX:ErrorFile=" + logs.resolve("hs_err_pid%p.log"));
    options.add("-Dai.djl.offline=true");
    options.add("-Dquarkus.http.port=0");
    options.add("-Dquarkus.http.host=localhost");
    options.add("-Drspar.exit-with-parent=true");
    // Nobody else is there to take over what is running.
    options.add("-Drspar.jobs.shutdown-grace=PT5S");
    options.add("-Drspar.kafka.bootstrap-servers=" + bootstrapServers);
    options.add("-Drspar.artifacts.uri=" + folder.resolve("artifacts").toUri());
    options.add("-Drspar.pruner.checkpoints=" + folder.resolve("checkpoints"));
    options.add(
        "-Drspar.services=" + String.join(",", together.stream().map(Service::id).toList()));
    options.addAll(jvmOptions);
    List<String> command = new ArrayList<>();
    if (core >= 0) {
      command.addAll(List.of("taskset", "--cpu-list", Integer.toString(core)));
    }
    command.addAll(JavaCommand.of(options, List.of("-jar", application.runner().toString())));
    return new ChildProcess(
        name, command, folder, logs.resolve(name + ".log"), maxRestarts, onRestart);
  }
}
