/**
 * Events as bytes without a registry: Avro's single-object encoding (marker C3 01, CRC-64-AVRO
 * fingerprint of the writer's schema, binary data), resolved against the schemas that this version
 * knows: its own and every frozen older one.
 */
package io.rspar.events.serde;
