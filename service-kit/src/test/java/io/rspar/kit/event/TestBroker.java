package io.rspar.kit.event;

import io.rspar.kit.backend.Backend;
import java.io.IOException;
import java.nio.file.Path;

/** A real Kafka node without topics. */
interface TestBroker extends AutoCloseable {

  /**
   * @param folder for its data, where it keeps them on this machine
   */
  static TestBroker start(Path folder) throws IOException {
    return switch (Backend.current()) {
      case CONTAINERS -> ContainerBroker.start();
      case EMBEDDED -> EmbeddedBroker.start(folder);
    };
  }

  String bootstrapServers();

  @Override
  void close();
}
