package io.rspar.benchmarks.networks;

import java.util.List;

/** The networks that users bring most. */
final class PublishedNetworks {
  private PublishedNetworks() {}

  static List<PublishedNetwork> all() {
    return List.of();
  }
}
