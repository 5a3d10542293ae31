package io.rspar.kit.event;

import io.micrometer.core.instrument.MeterRegistry;

/**
 * What the loops of one process share.
 *
 * @param unwanted requests whose work is dropped; its owner starts and closes it
 */
public record LoopContext(
    KafkaClients clients,
    EventCodec codec,
    JobSettings settings,
    MeterRegistry registry,
    UnwantedRequests unwanted) {}
