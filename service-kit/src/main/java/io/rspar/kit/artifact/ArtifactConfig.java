package io.rspar.kit.artifact;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where artifacts lie and what is let in. */
@ConfigMapping(prefix = "rspar.artifacts")
public interface ArtifactConfig {

  /** Root of the store, a {@code file:} URI of a folder that all services share. */
  URI uri();

  /** Largest artifact that a request may bring (bytes). */
  @WithDefault("10737418240")
  long maxBytes();

  /**
   * Folders that requests may name files of; unset means any file that the service can read. Set it
   * wherever requests come from people who may not read all of those.
   */
  Optional<List<Path>> allowedRoots();
}
