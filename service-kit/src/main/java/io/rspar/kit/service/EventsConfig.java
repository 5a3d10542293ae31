package io.rspar.kit.service;

import io.rspar.kit.event.EventCodec;
import io.rspar.kit.event.EventEncoding;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Map;

/** How events are encoded. */
@ConfigMapping(prefix = "rspar.events")
public interface EventsConfig {

  /** single-object or apicurio. */
  @WithDefault("single-object")
  EventEncoding encoding();

  /** Properties of Apicurio's serdes, in its names: {@code apicurio.registry.url} at least. */
  Map<String, String> registry();

  /** The codec that these values describe. */
  default EventCodec codec() {
    return EventCodec.of(encoding(), registry());
  }
}
