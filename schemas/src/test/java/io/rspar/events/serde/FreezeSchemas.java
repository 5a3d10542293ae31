package io.rspar.events.serde;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Not a check but a tool: writes the present schemas of all events as a frozen version. Once per
 * release that changes a schema: {@code mvn -pl schemas test -Dtest=FreezeSchemas
 * -Drspar.freeze=<version>}, then raise {@link EventSchemas#NEWEST_FROZEN_VERSION}.
 */
@EnabledIfSystemProperty(named = "rspar.freeze", matches = "[0-9]+")
class FreezeSchemas {

  @Test
  void freeze() throws IOException {
    Path folder =
        Path.of(
            System.getProperty("basedir", "."),
            "src/main/resources/io/rspar/events/serde/history",
            System.getProperty("rspar.freeze"));
    Files.createDirectories(folder);
    for (var event : EventSchemas.types().entrySet()) {
      Files.writeString(
          folder.resolve(event.getKey() + ".avsc"),
          EventSchemas.schemaOf(event.getValue()).toString(true) + "\n");
    }
  }
}
