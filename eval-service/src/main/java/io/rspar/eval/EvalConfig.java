package io.rspar.eval;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What an evaluator says of itself. */
@ConfigMapping(prefix = "rspar.eval")
public interface EvalConfig {
  /** The kind of device this evaluator runs on; it measures requests that name it. */
  @WithDefault("default")
  String deviceClass();
}
