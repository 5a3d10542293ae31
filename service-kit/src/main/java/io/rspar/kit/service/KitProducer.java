package io.rspar.kit.service;

import io.rspar.kit.artifact.ArtifactConfig;
import io.rspar.kit.artifact.ArtifactStore;
import io.rspar.kit.artifact.ArtifactStores;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;

/** Makes the beans that deciders take: plain objects from configuration. */
@ApplicationScoped
public class KitProducer {

  @Produces
  @ApplicationScoped
  ArtifactStore artifactStore(ArtifactConfig config) {
    return ArtifactStores.open(config);
  }
}
