package io.rspar.kit.event;

/** How events become bytes. */
public enum EventEncoding {
  /** Avro single-object encoding: no registry server. */
  SINGLE_OBJECT,
  /** Avro with schemas in an Apicurio Registry. */
  APICURIO
}
