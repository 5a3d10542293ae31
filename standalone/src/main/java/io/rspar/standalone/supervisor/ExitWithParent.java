package io.rspar.standalone.supervisor;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** In a service process that a command line started: ends with that command line. */
@ApplicationScoped
public class ExitWithParent {
  private final boolean enabled;

  public ExitWithParent(
      @ConfigProperty(name = "rspar.exit-with-parent", defaultValue = "false") boolean enabled) {
    this.enabled = enabled;
  }

  void start(@Observes StartupEvent event) {
    if (enabled) {
      ParentWatch.whenParentEnds(Quarkus::asyncExit);
    }
  }
}
