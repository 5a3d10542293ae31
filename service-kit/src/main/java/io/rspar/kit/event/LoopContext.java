package io.rspar.kit.event;

import io.micrometer.core.instrument.MeterRegistry;
import io.rspar.kit.service.Service;
import io.rspar.kit.trace.Tracing;
import java.util.function.Function;

/**
 * What the loops of one process share.
 *
 * @param unwanted requests whose work is dropped; its owner starts and closes it
 * @param tracing makes a loop's tracing; the loop closes it
 */
public record LoopContext(
    KafkaClients clients,
    EventCodec codec,
    JobSettings settings,
    MeterRegistry registry,
    UnwantedRequests unwanted,
    Function<Service, Tracing> tracing) {

  /** Without traces of its own. */
  public LoopContext(
      KafkaClients clients,
      EventCodec codec,
      JobSettings settings,
      MeterRegistry registry,
      UnwantedRequests unwanted) {
    this(clients, codec, settings, registry, unwanted, service -> Tracing.OFF);
  }
}
