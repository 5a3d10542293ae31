package io.rspar.kit.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.rspar.events.ArtifactRef;
import io.rspar.events.PruningRequest;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestYamlTest {
  private static final Instant NOW = Instant.EPOCH;

  private static final String FULL =
      """
      model: /models/net one.onnx
      data:
        format: idx
        layout: chw
        labelsKey: labels
        exampleShape: [1, 28, 28]
        normalisation: {scale: 1, mean: [0.286], std: [0.353]}
        augmentation: {cropPadding: 2, horizontalFlip: true}
        calibration: [c-images.gz, c-labels.gz]
        train: {files: [t-images.gz, t-labels.gz], offset: 10, limit: 1000}
        validation: v.npz
        test: {files: s.npz, limit: 5}
      target: TARGET
      method: r-spar
      criterion: diagonal-fisher
      constraints: {channelMultiple: 4, maxRatio: 0.75, exclude: ['head.*', '^stem'], caps: [{group: '^a', maxRatio: 0.5}]}
      baseline: {iterations: 3, costWeight: 1.5}
      calibration: {samples: 64, fisher: empirical, damping: 0.001}
      search: {rounds: 3, candidatesPerRound: 8, reuse: old/search-log.json, policy: {clip: 0.3}}
      recovery: {epochs: 0.5, compensation: none, learningRate: 1e-4}
      measurement: {deviceClass: edge-a, threads: 2}
      seed: 123456789012
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{macs: 50%}",
        "{macs: 33.3%}",
        "{macs: 1200000}",
        "{parameters: 12.5%}",
        "{latency: 4.25 ms}",
        "{latency: 60%}",
        "{energy: 1.5mJ}",
        "{accuracyLoss: 1 point}",
        "{accuracyLoss: 0.5 points}"
      })
  void whatIsWrittenIsReadBack(String target) throws Exception {
    PruningRequest request = read(FULL.replace("TARGET", target));
    String yaml = RequestYaml.of(request, Map.of());
    assertThat(withoutId(read(yaml))).as(yaml).isEqualTo(withoutId(request));
  }

  @Test
  void defaultsAreNotWritten() throws Exception {
    String minimal =
        """
        model: file:///m.onnx
        data:
          format: npz
          calibration: file:///c.npz
          validation: file:///v.npz
          test: file:///t.npz
        target:
          macs: 50%
        """;
    assertThat(RequestYaml.of(read(minimal), Map.of())).isEqualTo(minimal);
  }

  /** What a method takes where nothing is written is not what another takes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "method: udfc",
        "method: udfc\ncriterion: h-obs",
        "method: udfc\ncriterion: l1",
        "method: r-spar\ncriterion: l2",
        "method: r-spar"
      })
  void theCriterionIsTheOneThatWasMeant(String lines) throws Exception {
    String plain = FULL.replace("method: r-spar\n", "").replace("criterion: diagonal-fisher\n", "");
    PruningRequest request = read(plain.replace("TARGET", "{macs: 50%}") + lines + "\n");
    String yaml = RequestYaml.of(request, Map.of());
    assertThat(read(yaml).getCriterion()).as(yaml).isEqualTo(request.getCriterion());
  }

  @Test
  void storedFilesAreNamedByTheirOrigin() throws Exception {
    String sha = "a".repeat(64);
    PruningRequest stored =
        PruningRequest.newBuilder(read(FULL.replace("TARGET", "{macs: 50%}")))
            .setModel(new ArtifactRef("rspar:sha256/" + sha, sha, 1L, "application/octet-stream"))
            .build();
    assertThat(RequestYaml.of(stored, Map.of(sha, "file:///models/net.onnx")))
        .startsWith("model: file:///models/net.onnx\n");
  }

  private static PruningRequest read(String yaml) throws InvalidRequestException {
    return new RequestFile().read(yaml, "the request", Path.of("/folder"), NOW);
  }

  private static PruningRequest withoutId(PruningRequest request) {
    return PruningRequest.newBuilder(request).setRequestId("").build();
  }
}
