/**
 * Events in, work, events out: consumes a topic, runs one long job at a time without losing its
 * partition, and publishes results and commits in one Kafka transaction. Deciders implement {@link
 * io.rspar.kit.event.Worker} or {@link io.rspar.kit.event.Process} and never see Kafka.
 */
package io.rspar.kit.event;
