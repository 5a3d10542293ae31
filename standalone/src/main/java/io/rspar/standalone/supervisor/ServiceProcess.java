package io.rspar.standalone.supervisor;

import io.rspar.kit.service.Service;
import java.io.IOException;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;

/**
 * How a process that runs services is started: what all processes of one installation have in
 * common.
 *
 * @param artifacts the artifact store that all share
 * @param logs folder for a log per process
 * @param options further options of the JVM
 * @param launcher what starts the JVM, before its own command; mostly nothing
 */
public record ServiceProcess(
    Application application,
    String bootstrapServers,
    URI artifacts,
    Path logs,
    List<String> options,
    List<String> launcher) {
  /** A record that kills its worker is given up before this: see rspar.jobs.max-deliveries. */
  static final int MAX_RESTARTS = 20;

  /** Longer than any pause of a virtual machine on a busy computer. */
  private static final Duration HEARTBEAT_PATIENCE = Duration.ofSeconds(60);

  public ServiceProcess {
    options = List.copyOf(options);
    launcher = List.copyOf(launcher);
  }

  public ServiceProcess(
      Application application, String bootstrapServers, URI artifacts, Path logs) {
    this(application, bootstrapServers, artifacts, logs, List.of(), List.of());
  }

  /** With further options of the JVM, such as {@code -Xmx4g}. */
  public ServiceProcess with(List<String> further) {
    List<String> all = new ArrayList<>(options);
    all.addAll(further);
    return new ServiceProcess(application, bootstrapServers, artifacts, logs, all, launcher);
  }

  /** With one more option of the JVM. */
  public ServiceProcess withOption(String option) {
    return with(List.of(option));
  }

  /** Held on one processor core, by Linux's {@code taskset}. */
  public ServiceProcess pinnedTo(int core) {
    return new ServiceProcess(
        application,
        bootstrapServers,
        artifacts,
        logs,
        options,
        List.of("taskset", "--cpu-list", Integer.toString(core)));
  }

  /** The configuration's name for a property of the services' Kafka clients. */
  public static String clientProperty(String name) {
    return "rspar.kafka.properties.\"%s\"".formatted(name);
  }

  /**
   * With more of the services' configuration. It can hold passwords, so it goes through a file that
   * only this user can read, and not through command lines that everyone can.
   */
  public ServiceProcess configured(Map<String, String> further) throws IOException {
    Properties configuration = new Properties();
    configuration.putAll(further);
    Path file = Files.createTempFile("rspar-", ".properties"); // readable by its owner alone
    file.toFile().deleteOnExit();
    try (Writer out = Files.newBufferedWriter(file)) {
      configuration.store(out, null);
    }
    return withOption("-Dsmallrye.config.locations=" + file.toUri());
  }

  /**
   * A process that runs these services together; it is started by its owner, and again when it dies
   * or hangs.
   *
   * @param lifecycle told in a few words what happens, for a person to read
   */
  public ChildProcess of(String name, List<Service> together, Consumer<String> lifecycle) {
    return of(name, together, MAX_RESTARTS, lifecycle);
  }

  /** The same with another limit of restarts. */
  public ChildProcess of(
      String name, List<Service> together, int maxRestarts, Consumer<String> lifecycle) {
    List<String> jvm = new ArrayList<>();
    jvm.add("-XX:ErrorFile=" + logs.resolve("hs_err_pid%p.log"));
    jvm.add("-Dai.djl.offline=true");
    jvm.add("-Dquarkus.http.port=0");
    jvm.add("-Dquarkus.http.host=localhost");
    jvm.add("-Drspar.exit-with-parent=true");
    jvm.add("-Drspar.jobs.exit-when-stuck=true");
    Path heartbeat = logs.resolve(name + ".heartbeat");
    jvm.add("-Drspar.heartbeat-file=" + heartbeat);
    jvm.add("-Drspar.kafka.bootstrap-servers=" + bootstrapServers);
    jvm.add("-Drspar.artifacts.uri=" + artifacts);
    jvm.add("-Drspar.services=" + String.join(",", together.stream().map(Service::id).toList()));
    jvm.addAll(options);
    List<String> command = new ArrayList<>(launcher);
    command.addAll(JavaCommand.of(jvm, List.of("-jar", application.runner().toString())));
    return new ChildProcess(
        name,
        command,
        logs,
        logs.resolve(name + ".log"),
        maxRestarts,
        Optional.of(new HeartbeatWatch(heartbeat, HEARTBEAT_PATIENCE)),
        status ->
            lifecycle.accept(
                "%s died (status %d) and is started again; the request goes on"
                    .formatted(name, status)));
  }
}
