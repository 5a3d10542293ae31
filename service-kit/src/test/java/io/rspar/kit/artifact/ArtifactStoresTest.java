package io.rspar.kit.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rspar.events.ArtifactRef;
import io.rspar.kit.failure.WorkException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactStoresTest {
  @TempDir Path folder;

  private ArtifactStore open(Map<String, String> properties) {
    Map<String, String> all = new HashMap<>();
    all.put("rspar.artifacts.uri", folder.resolve("store").toUri().toString());
    all.putAll(properties);
    return ArtifactStores.open(
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(ArtifactConfig.class)
            .withSources(new PropertiesConfigSource(all, "test", 100))
            .build()
            .getConfigMapping(ArtifactConfig.class));
  }

  @Test
  void theSchemeDecides() {
    assertThat(open(Map.of())).isInstanceOf(FileArtifactStore.class);
    assertThat(
            open(
                Map.of(
                    "rspar.artifacts.uri", "s3://bucket/folder",
                    "rspar.artifacts.s3.region", "us-east-1")))
        .isInstanceOf(S3ArtifactStore.class);
    assertThatThrownBy(() -> open(Map.of("rspar.artifacts.uri", "https://example.org/")))
        .isInstanceOf(WorkException.class)
        .hasMessageContaining("rspar.artifacts.uri is https://example.org/");
  }

  @Test
  void withoutAnS3ServerItsUrisAreRefusedWithTheKeyToSet() {
    ArtifactStore store = open(Map.of());
    assertThatThrownBy(() -> store.admit(ref("s3://bucket/model.onnx")))
        .isInstanceOfSatisfying(
            WorkException.class,
            e -> assertThat(e.remedy()).contains("[file]").contains("rspar.artifacts.s3"));
  }

  @Test
  void allowedRootsOfOneSchemeCloseTheOther() throws IOException {
    Path model = Files.writeString(folder.resolve("model.onnx"), "abc");
    ArtifactRef ref = ref(model.toUri().toString());
    assertThat(open(Map.of()).admit(ref).getSizeBytes()).isEqualTo(3);
    assertThat(
            open(Map.of("rspar.artifacts.allowed-roots", "s3://inputs/," + folder.toUri()))
                .admit(ref)
                .getSizeBytes())
        .isEqualTo(3);
    ArtifactStore closed = open(Map.of("rspar.artifacts.allowed-roots", "s3://inputs/"));
    assertThatThrownBy(() -> closed.admit(ref)).isInstanceOf(WorkException.class);
    assertThatThrownBy(() -> closed.checkWritable(folder.resolve("out").toUri()))
        .isInstanceOf(WorkException.class);
    closed.checkWritable(closed.resultsDirectory("r-1"));
    assertThat(folder.resolve("store/results/r-1")).isEmptyDirectory();
  }

  private static ArtifactRef ref(String uri) {
    return new ArtifactRef(uri, null, null, "application/octet-stream");
  }
}
