package io.rspar.sensitivity;

import io.rspar.events.ArtifactRef;
import io.rspar.events.DataSlice;
import io.rspar.events.DataSpec;
import io.rspar.events.PruningRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Where the files of a request lay before they were stored. */
final class Origins {
  private Origins() {}

  /**
   * URIs as the user wrote them, by the SHA-256 of what they named.
   *
   * @param asked the user's request
   * @param admitted the same request, every artifact stored
   */
  static Map<String, String> of(PruningRequest asked, PruningRequest admitted) {
    List<ArtifactRef> named = artifacts(asked);
    List<ArtifactRef> stored = artifacts(admitted);
    Map<String, String> origins = new LinkedHashMap<>();
    for (int i = 0; i < stored.size(); i++) {
      origins.putIfAbsent(stored.get(i).getSha256(), named.get(i).getUri());
    }
    return origins;
  }

  private static List<ArtifactRef> artifacts(PruningRequest request) {
    List<ArtifactRef> artifacts = new ArrayList<>();
    artifacts.add(request.getModel());
    DataSpec data = request.getData();
    for (DataSlice slice :
        Stream.of(data.getCalibration(), data.getTrain(), data.getValidation(), data.getTest())
            .filter(s -> s != null)
            .toList()) {
      artifacts.addAll(slice.getFiles());
    }
    if (request.getSearch().getReuse() != null) {
      artifacts.add(request.getSearch().getReuse());
    }
    return artifacts;
  }
}
