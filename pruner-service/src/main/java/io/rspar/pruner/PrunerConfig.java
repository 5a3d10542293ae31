package io.rspar.pruner;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;

/** What a pruner needs to know of its machine. */
@ConfigMapping(prefix = "rspar.pruner")
public interface PrunerConfig {
  /**
   * Folder that keeps the state of fine-tuning, so that a crash does not lose it. Pruners that
   * share it take over each other's runs.
   */
  @WithDefault("${java.io.tmpdir}/rspar-checkpoints")
  Path checkpoints();
}
