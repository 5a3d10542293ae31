package io.rspar.kit.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rspar.events.ArtifactRef;
import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileArtifactStoreTest {
  /** SHA-256 of "abc", from FIPS 180-2. */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  private static final long LIMIT = 1000;

  @TempDir Path folder;
  private Path root;
  private Path user;
  private FileArtifactStore store;

  @BeforeEach
  void create() throws IOException {
    root = folder.resolve("store");
    user = Files.createDirectory(folder.resolve("user files"));
    store = new FileArtifactStore(root, LIMIT, List.of());
  }

  @Test
  void contentDecidesTheReference() throws IOException {
    ArtifactRef ref = store.put("abc".getBytes(), "text/plain");
    assertThat(ref).isEqualTo(new ArtifactRef("rspar:sha256/" + ABC, ABC, 3L, "text/plain"));
    assertThat(store.put("abc".getBytes(), "text/plain")).isEqualTo(ref);
    assertThat(store.put(write("f", "abc"), "text/plain")).isEqualTo(ref);
    assertThat(store.fetch(ref)).hasContent("abc");
    assertThat(filesOf(root)).hasSize(1);
  }

  @Test
  void writersOfTheSameContentDoNotDisturbEachOther() throws Exception {
    byte[] content = new byte[200_000];
    var threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<ArtifactRef>> puts =
          Stream.generate(() -> (Callable<ArtifactRef>) () -> store.put(content, "x/y"))
              .limit(64)
              .toList();
      for (var put : threads.invokeAll(puts)) {
        assertThat(Files.size(store.fetch(put.get()))).isEqualTo(content.length);
      }
    } finally {
      threads.shutdown();
    }
    assertThat(filesOf(root)).hasSize(1);
  }

  @Test
  void aDamagedOrMissingArtifactIsNotHandedOut() throws IOException {
    ArtifactRef ref = store.put("abc".getBytes(), "text/plain");
    Files.writeString(store.fetch(ref), "abd");
    assertFails(() -> store.fetch(ref), FailureReason.ARTIFACT_CORRUPT, ABC);
    Files.delete(root.resolve("sha256/ba").resolve(ABC));
    assertFails(() -> store.fetch(ref), FailureReason.ARTIFACT_MISSING, ABC);
  }

  @Test
  void onlyReferencesToStoredArtifactsAreFetched() {
    for (String uri :
        List.of(
            "rspar:sha256/../../../etc/passwd",
            "rspar:sha256/" + ABC + "/..",
            "rspar:sha256/" + ABC.toUpperCase(java.util.Locale.ROOT),
            "file:///etc/passwd",
            "")) {
      assertFails(() -> store.fetch(ref(uri)), FailureReason.INVALID_REQUEST, uri);
    }
  }

  @Test
  void aUsersFileIsTakenInWithItsChecksum() throws IOException {
    Path file = write("a model.onnx", "abc");
    ArtifactRef ref = ref(file.toUri().toString());
    ArtifactRef admitted = store.admit(ref);
    assertThat(admitted.getUri()).isEqualTo("rspar:sha256/" + ABC);
    assertThat(admitted.getSizeBytes()).isEqualTo(3);
    assertThat(store.admit(admitted)).isEqualTo(admitted);
    assertThat(
            store
                .admit(new ArtifactRef("rspar:sha256/" + ABC, null, null, "text/plain"))
                .getSha256())
        .isEqualTo(ABC);
  }

  @Test
  void aWrongChecksumOrSizeIsRefused() throws IOException {
    String uri = write("f", "abc").toUri().toString();
    assertFails(
        () -> store.admit(new ArtifactRef(uri, "0".repeat(64), null, "x/y")),
        FailureReason.ARTIFACT_CORRUPT,
        "SHA-256");
    assertFails(
        () -> store.admit(new ArtifactRef(uri, ABC, 4L, "x/y")),
        FailureReason.ARTIFACT_CORRUPT,
        "3 bytes, but the request says 4");
  }

  @Test
  void whatCannotBeTakenInSaysWhy() throws IOException {
    assertFails(
        () -> store.admit(ref(user.resolve("none.onnx").toUri().toString())),
        FailureReason.ARTIFACT_MISSING,
        "none.onnx does not exist");
    Path large = write("large", "x".repeat((int) LIMIT + 1));
    assertFails(
        () -> store.admit(ref(large.toUri().toString())),
        FailureReason.INVALID_REQUEST,
        "larger than the allowed 1000 bytes");
    for (String uri : List.of("https://example.org/m.onnx", "file:relative", "file://host/m", "::"))
      assertFails(() -> store.admit(ref(uri)), FailureReason.INVALID_REQUEST, uri);
    assertFails(
        () -> store.admit(ref("file:///dev/zero")),
        FailureReason.INVALID_REQUEST,
        "neither a file nor a folder");
    assertThat(filesOf(root)).isEmpty();
  }

  @Test
  void aFolderBecomesTheSameArchiveWhereverItLies() throws IOException {
    Path one = images("one", 1_000_000L);
    Path two = images("two", 2_000_000_000_000L);
    ArtifactRef first = store.admit(ref(one.toUri().toString()));
    ArtifactRef second = store.admit(ref(two.toUri().toString()));
    assertThat(first).isEqualTo(second);
    assertThat(first.getMediaType()).isEqualTo("application/zip");
    try (ZipFile zip = new ZipFile(store.fetch(first).toFile())) {
      assertThat(zip.stream().map(e -> e.getName()))
          .containsExactly("cat/1.png", "cat/2.png", "dog/1.png");
      assertThat(zip.getInputStream(zip.getEntry("dog/1.png"))).hasContent("dog 1");
    }
  }

  @Test
  void aFolderBeyondTheLimitIsRefused() throws IOException {
    Path images = images("many", 0);
    Files.writeString(images.resolve("cat/3.png"), "x".repeat((int) LIMIT));
    assertFails(
        () -> store.admit(ref(images.toUri().toString())),
        FailureReason.INVALID_REQUEST,
        "larger than");
  }

  @Test
  void nothingOutsideTheAllowedRootsIsRead() throws IOException {
    Path allowed = Files.createDirectory(folder.resolve("allowed"));
    Path inside = Files.writeString(allowed.resolve("in"), "abc");
    Path outside = write("out", "secret");
    Path link = Files.createSymbolicLink(allowed.resolve("link"), outside);
    Path images = Files.createDirectories(allowed.resolve("images/cat")).getParent();
    Files.createSymbolicLink(images.resolve("cat/1.png"), outside);
    FileArtifactStore guarded = new FileArtifactStore(root, LIMIT, List.of(allowed));

    assertThat(guarded.admit(ref(inside.toUri().toString())).getSha256()).isEqualTo(ABC);
    for (String uri :
        List.of(
            outside.toUri().toString(),
            link.toUri().toString(),
            allowed.toUri() + "../user%20files/out",
            images.toUri().toString())) {
      assertFails(
          () -> guarded.admit(ref(uri)), FailureReason.INVALID_REQUEST, "outside the folders");
    }
  }

  @Test
  void resultsAreExportedAndReplaced() throws IOException {
    Path out = folder.resolve("out/deep");
    store.export(store.put("old".getBytes(), "x/y"), out.toUri(), "model.onnx");
    store.export(store.put("abc".getBytes(), "x/y"), out.toUri(), "model.onnx");
    assertThat(out.resolve("model.onnx")).hasContent("abc");
    assertThat(filesOf(out)).hasSize(1);
    assertThat(store.exported(out.toUri(), "model.onnx").getSha256()).isEqualTo(ABC);
    assertFails(
        () -> store.exported(out.toUri(), "report.md"),
        FailureReason.ARTIFACT_MISSING,
        "report.md does not exist");
    assertThatThrownBy(
            () -> store.export(store.put("abc".getBytes(), "x/y"), out.toUri(), "../escape"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anOutputThatCannotBeWrittenIsToldBeforehand() throws IOException {
    Path file = write("a file", "abc");
    assertFails(
        () -> store.checkWritable(file.toUri()), FailureReason.OUTPUT_NOT_WRITABLE, "a file");
    assertFails(
        () -> store.checkWritable(file.resolve("below").toUri()),
        FailureReason.OUTPUT_NOT_WRITABLE,
        "a file");
    // Not even root may write there.
    assertFails(
        () -> store.checkWritable(Path.of("/proc/rspar").toUri()),
        FailureReason.OUTPUT_NOT_WRITABLE,
        "/proc/rspar");
    assertFails(
        () -> store.checkWritable(java.net.URI.create("s3://bucket/out")),
        FailureReason.OUTPUT_NOT_WRITABLE,
        "s3://bucket/out");
    Path fine = folder.resolve("new/folder");
    store.checkWritable(fine.toUri());
    assertThat(fine).isEmptyDirectory();
  }

  @Test
  void aRequestIdCannotLeadOutOfTheResults() {
    assertThat(store.resultsDirectory("r-1").getPath()).endsWith("/store/results/r-1");
    for (String id : List.of("..", "a/b", "", ".hidden")) {
      assertFails(() -> store.resultsDirectory(id), FailureReason.INVALID_REQUEST, "cannot name");
    }
  }

  private static void assertFails(ThrowingCallable call, FailureReason reason, String message) {
    WorkException thrown = catchThrowableOfType(WorkException.class, call);
    assertThat(thrown).as("a WorkException that says: %s", message).isNotNull();
    assertThat(thrown.reason()).as(thrown.getMessage()).isEqualTo(reason);
    assertThat(thrown).hasMessageContaining(message);
    assertThat(thrown.remedy()).isNotBlank();
  }

  private static ArtifactRef ref(String uri) {
    return new ArtifactRef(uri, null, null, "application/octet-stream");
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(user.resolve(name), content);
  }

  private Path images(String name, long time) throws IOException {
    Path images = user.resolve(name);
    for (String image : List.of("dog/1", "cat/2", "cat/1")) {
      Path file = images.resolve(image + ".png");
      Files.createDirectories(file.getParent());
      Files.writeString(file, image.replace('/', ' '));
      Files.setLastModifiedTime(file, FileTime.fromMillis(time));
    }
    return images;
  }

  private static List<Path> filesOf(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
