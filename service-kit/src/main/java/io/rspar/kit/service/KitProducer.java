package io.rspar.kit.service;

import io.rspar.events.FailureReason;
import io.rspar.kit.artifact.ArtifactConfig;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.FileArtifactStore;
import io.rspar.kit.failure.WorkException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.nio.file.Path;
import java.util.List;

/** Makes the beans that deciders take: plain objects from configuration. */
@ApplicationScoped
public class KitProducer {

  @Produces
  @ApplicationScoped
  ArtifactStore artifactStore(ArtifactConfig config) {
    if (!"file".equals(config.uri().getScheme())) {
      throw new WorkException(
          FailureReason.INVALID_REQUEST,
          "rspar.artifacts.uri is " + config.uri(),
          "set it to the file: URI of a folder that all services share");
    }
    return new FileArtifactStore(
        Path.of(config.uri()), config.maxBytes(), config.allowedRoots().orElse(List.of()));
  }
}
