package io.rspar.kit.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rspar.events.ArtifactRef;
import io.rspar.events.FailureReason;
import io.rspar.kit.failure.WorkException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Against a real server that speaks S3 and checks signatures. */
class S3ArtifactStoreTest {
  /** SHA-256 of "abc", from FIPS 180-2. */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  private static final String STORED_ABC = "store/sha256/ba/" + ABC;
  private static final long LIMIT = 20L << 20;

  @TempDir static Path serverFolder;
  private static S3Server server;
  private static int buckets;

  @TempDir Path folder;
  private String bucket;
  private S3ArtifactStore store;

  @BeforeAll
  static void start() throws Exception {
    server = S3Server.start(serverFolder);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void create() throws IOException {
    bucket = "bucket-" + buckets++;
    server.createBucket(bucket);
    store = store("one", Long.MAX_VALUE, false);
  }

  /** A store on a machine of its own: the bucket is all that they share. */
  private S3ArtifactStore store(String machine, long cacheBytes, boolean restricted) {
    S3Objects objects = S3Objects.connect(server.settings());
    UserObjects users =
        new UserObjects(
            objects, restricted, List.of(at("allowed/")), List.of(at("store/results/")));
    return new S3ArtifactStore(
        objects,
        at("store/"),
        new LocalCopies(folder.resolve(machine), cacheBytes),
        LIMIT,
        Map.of("s3", users, "file", new UserFiles(List.of(), Optional.empty())));
  }

  @Test
  void whatOneMachineStoresAnotherFetches() throws IOException {
    ArtifactRef ref = store.put("abc".getBytes(), "text/plain");
    assertThat(ref).isEqualTo(new ArtifactRef("rspar:sha256/" + ABC, ABC, 3L, "text/plain"));
    assertThat(store.put(write("f", "abc"), "text/plain")).isEqualTo(ref);
    assertThat(server.file(bucket, STORED_ABC)).hasContent("abc");
    assertThat(objects()).hasSize(1);
    assertThat(store("two", Long.MAX_VALUE, false).fetch(ref)).hasContent("abc");
  }

  @Test
  void aDamagedLocalCopyIsReplacedAndADamagedObjectIsRefused() throws IOException {
    ArtifactRef ref = store.put("abc".getBytes(), "text/plain");
    Files.writeString(store.fetch(ref), "abd");
    assertThat(store.fetch(ref)).hasContent("abc");

    Files.writeString(server.file(bucket, STORED_ABC), "abd");
    S3ArtifactStore elsewhere = store("two", Long.MAX_VALUE, false);
    assertFails(() -> elsewhere.fetch(ref), FailureReason.ARTIFACT_CORRUPT, ABC);
    Files.delete(server.file(bucket, STORED_ABC));
    S3ArtifactStore third = store("three", Long.MAX_VALUE, false);
    assertFails(() -> third.fetch(ref), FailureReason.ARTIFACT_MISSING, ABC);
  }

  @Test
  void aTruncatedObjectIsWrittenAgain() throws IOException {
    ArtifactRef ref = store.put("abc".getBytes(), "text/plain");
    Files.writeString(server.file(bucket, STORED_ABC), "a");
    assertThat(store.put("abc".getBytes(), "text/plain")).isEqualTo(ref);
    assertThat(server.file(bucket, STORED_ABC)).hasContent("abc");
  }

  @Test
  void contentThatIsWantedAgainIsYoungAgain() throws IOException {
    store.put("abc".getBytes(), "text/plain");
    Path object = server.file(bucket, STORED_ABC);
    Instant old = Instant.now().minus(Duration.ofDays(40));
    Files.setLastModifiedTime(object, FileTime.from(old));
    store.put("abc".getBytes(), "text/plain");
    assertThat(Files.getLastModifiedTime(object).toInstant())
        .isAfter(Instant.now().minus(Duration.ofHours(1)));
  }

  @Test
  void aLargeFileGoesInParts() throws IOException {
    byte[] content = new byte[(11 << 20) + 17];
    new Random(1).nextBytes(content);
    Path file = Files.write(folder.resolve("large"), content);
    try (S3Client client =
        S3Client.builder()
            .endpointOverride(server.settings().endpoint().orElseThrow())
            .forcePathStyle(true)
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create("rspar", S3Server.SECRET)))
            .httpClient(new RetryableHttpClient(UrlConnectionHttpClient.create()))
            .build()) {
      S3Objects inParts = new S3Objects(client, 5 << 20);
      inParts.upload(file, at("large"), "x/y");
      // The entity tag of an object that came in parts ends with their number.
      assertThat(client.headObject(r -> r.bucket(bucket).key("large")).eTag()).endsWith("-3\"");
      Digest digest = inParts.download(at("large"), folder.resolve("copy"), Long.MAX_VALUE);
      assertThat(digest.sizeBytes()).isEqualTo(content.length);
    }
    assertThat(folder.resolve("copy")).hasBinaryContent(content);
  }

  /** Servers close connections that a client keeps for its next request. */
  @Test
  void connectionsThatTheServerDropsAreOpenedAgain() throws IOException {
    try (DroppingProxy proxy = DroppingProxy.before(server.settings().endpoint().orElseThrow())) {
      S3Objects objects =
          S3Objects.connect(
              new S3Settings(Optional.of(proxy.endpoint()), Optional.of("us-east-1"), true));
      byte[] content = new byte[1 << 20];
      new Random(2).nextBytes(content);
      Path file = Files.write(folder.resolve("content"), content);
      proxy.drop(2);
      objects.upload(file, at("object"), "x/y");
      assertThat(proxy.dropped()).isEqualTo(2);
    }
    assertThat(server.file(bucket, "object")).hasSize(1 << 20);
  }

  @Test
  void copiesThatAreNotInUseMakeRoom() throws IOException {
    S3ArtifactStore small = store("small", 10, false);
    ArtifactRef old = small.put("12345678".getBytes(), "x/y");
    ArtifactRef recent = small.put("abc".getBytes(), "x/y");
    Path oldCopy = small.fetch(old);
    Path recentCopy = small.fetch(recent);
    Files.setLastModifiedTime(oldCopy, FileTime.from(Instant.now().minus(Duration.ofHours(3))));
    small.put("xyz".getBytes(), "x/y");
    assertThat(oldCopy).doesNotExist();
    assertThat(recentCopy).exists();
    assertThat(small.fetch(old)).hasContent("12345678");
  }

  @Test
  void usersNameObjectsAndFolders() throws IOException {
    object("in/a model.onnx", "abc");
    object("in/images/dog/1.png", "dog 1");
    object("in/images/cat/1.png", "cat 1");
    assertThat(store.admit(ref("s3://" + bucket + "/in/a model.onnx")).getSha256()).isEqualTo(ABC);
    ArtifactRef archive = store.admit(ref("s3://" + bucket + "/in/images/"));
    assertThat(archive.getMediaType()).isEqualTo("application/zip");
    try (ZipFile zip = new ZipFile(store.fetch(archive).toFile())) {
      assertThat(zip.stream().map(e -> e.getName())).containsExactly("cat/1.png", "dog/1.png");
    }
    assertThat(folder.resolve("one/tmp")).isEmptyDirectory();
  }

  @Test
  void whatCannotBeTakenInSaysWhy() throws IOException {
    object("in/large", "x".repeat((int) LIMIT + 1));
    String base = "s3://" + bucket + "/";
    assertFails(
        () -> store.admit(ref(base + "in/none")),
        FailureReason.ARTIFACT_MISSING,
        "in/none does not exist");
    assertFails(() -> store.admit(ref(base + "none/")), FailureReason.ARTIFACT_MISSING, "none/");
    assertFails(
        () -> store.admit(ref("s3://no-such-bucket/a")),
        FailureReason.ARTIFACT_MISSING,
        "no-such-bucket");
    assertFails(
        () -> store.admit(ref(base + "in/large")), FailureReason.INVALID_REQUEST, "larger than");
    for (String uri :
        List.of(
            base + "../" + bucket + "/in/large",
            base + "in/./large",
            base + "in//large",
            base + "in/\u0000",
            "s3://UPPER/key",
            "s3:/" + bucket,
            "s3://" + bucket + "@host/key")) {
      assertFails(() -> store.admit(ref(uri)), FailureReason.INVALID_REQUEST, "");
    }
  }

  @Test
  void nothingOutsideTheAllowedRootsIsReadOrWritten() throws IOException {
    object("allowed/in", "abc");
    object("allowed-not/in", "abc");
    S3ArtifactStore guarded = store("guarded", Long.MAX_VALUE, true);
    String base = "s3://" + bucket + "/";
    assertThat(guarded.admit(ref(base + "allowed/in")).getSha256()).isEqualTo(ABC);
    assertFails(
        () -> guarded.admit(ref(base + "allowed-not/in")),
        FailureReason.INVALID_REQUEST,
        "outside the folders");
    guarded.checkWritable(URI.create(base + "allowed/out/"));
    guarded.checkWritable(guarded.resultsDirectory("r-1"));
    assertFails(
        () -> guarded.checkWritable(URI.create(base + "store/sha256")),
        FailureReason.OUTPUT_NOT_WRITABLE,
        "outside the folders");
    assertFails(
        () -> guarded.exported(URI.create(base + "allowed-not"), "in"),
        FailureReason.OUTPUT_NOT_WRITABLE,
        "outside the folders");
  }

  @Test
  void resultsAreWrittenAsObjectsOrFiles() throws IOException {
    ArtifactRef ref = store.put("abc".getBytes(), "x/y");
    URI results = store.resultsDirectory("r-1");
    assertThat(results).isEqualTo(URI.create("s3://" + bucket + "/store/results/r-1"));
    store.checkWritable(results);
    store.export(ref, results, "model.onnx");
    assertThat(server.file(bucket, "store/results/r-1/model.onnx")).hasContent("abc");
    store.export(ref, folder.resolve("out").toUri(), "model.onnx");
    assertThat(folder.resolve("out/model.onnx")).hasContent("abc");
    assertThat(objects()).hasSize(2);
    assertThat(store.exported(results, "model.onnx").getSha256()).isEqualTo(ref.getSha256());
    assertThat(store.exported(folder.resolve("out").toUri(), "model.onnx").getSha256())
        .isEqualTo(ref.getSha256());
    assertFails(
        () -> store.exported(results, "report.md"),
        FailureReason.ARTIFACT_MISSING,
        "results/r-1/report.md does not exist");
    object("store/results/r-1/folder/inner", "not a result");
    Path copies = folder.resolve("copies");
    results(results).copyTo(copies);
    results(results).copyTo(copies);
    assertThat(copies.resolve("model.onnx")).hasContent("abc");
    try (Stream<Path> copied = Files.list(copies)) {
      assertThat(copied).hasSize(1);
    }
    assertFails(
        () -> results(URI.create("s3://" + bucket + "/none")).copyTo(copies),
        FailureReason.ARTIFACT_MISSING,
        "none/ does not exist");
    results(folder.resolve("out").toUri()).copyTo(folder.resolve("local copies"));
    assertThat(folder.resolve("local copies/model.onnx")).hasContent("abc");
    assertFails(
        () -> store.checkWritable(URI.create("s3://no-such-bucket/out")),
        FailureReason.OUTPUT_NOT_WRITABLE,
        "no-such-bucket");
  }

  @Test
  void wrongCredentialsAreToldWithoutTheSecret() throws IOException {
    object("in/a", "abc");
    System.setProperty("aws.secretAccessKey", "wrong-" + S3Server.SECRET);
    try {
      S3ArtifactStore stranger = store("stranger", Long.MAX_VALUE, false);
      WorkException thrown =
          assertFails(
              () -> stranger.admit(ref("s3://" + bucket + "/in/a")),
              FailureReason.ARTIFACT_MISSING,
              "cannot be read");
      assertThat(thrown.getMessage()).doesNotContain(S3Server.SECRET).doesNotContain("\n");
      assertFails(
          () -> stranger.put("abc".getBytes(), "x/y"),
          FailureReason.TRANSIENT_IO,
          "Cannot write to the artifact store s3://" + bucket + "/store/");
    } finally {
      System.setProperty("aws.secretAccessKey", S3Server.SECRET);
    }
  }

  private static ResultFiles results(URI directory) {
    S3Settings settings = server.settings();
    return new ResultFiles(directory, settings.endpoint(), settings.region());
  }

  private static WorkException assertFails(
      ThrowingCallable call, FailureReason reason, String message) {
    WorkException thrown = catchThrowableOfType(WorkException.class, call);
    assertThat(thrown).as("a WorkException that says: %s", message).isNotNull();
    assertThat(thrown.reason()).as(thrown.getMessage()).isEqualTo(reason);
    assertThat(thrown).hasMessageContaining(message);
    assertThat(thrown.remedy()).isNotBlank();
    return thrown;
  }

  private S3Location at(String key) {
    return new S3Location(bucket, key);
  }

  private static ArtifactRef ref(String uri) {
    return new ArtifactRef(uri, null, null, "application/octet-stream");
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private void object(String key, String content) throws IOException {
    Path file = server.file(bucket, key);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private List<Path> objects() throws IOException {
    try (Stream<Path> files = Files.walk(serverFolder.resolve(bucket))) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
