package io.rspar.events.serde;

import io.rspar.events.topic.Topic;
import org.apache.avro.SystemLimitException;

/**
 * Avro allocates what a length field claims before it reads that much; these limits make a hostile
 * length fail instead. Avro reads them once, from system properties, so they are set before its
 * decoder is first used; a value given on the command line wins.
 */
final class DecodeLimits {

  /**
   * A collection of the smallest items, one byte each, cannot have more than a record has bytes.
   */
  private static final String LIMIT = Integer.toString(Topic.MAX_RECORD_BYTES);

  private DecodeLimits() {}

  static void install() {
    for (String property :
        new String[] {
          SystemLimitException.MAX_BYTES_LENGTH_PROPERTY,
          SystemLimitException.MAX_STRING_LENGTH_PROPERTY,
          SystemLimitException.MAX_COLLECTION_LENGTH_PROPERTY
        }) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, LIMIT);
      }
    }
  }
}
