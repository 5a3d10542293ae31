package io.rspar.standalone.deploy;

import io.rspar.events.PruningRequest;
import io.rspar.kit.artifact.RetryableHttpClient;
import io.rspar.kit.request.RequestFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** The object store of docker-compose.yml, {@code -Drspar.compose.s3}, with the demo in it. */
public final class ComposeStore {
  static final Path EXAMPLE = Path.of("..", "examples", "fashion-mnist");
  static final String BUCKET = "rspar";

  private ComposeStore() {}

  public static S3Client connect() {
    return S3Client.builder()
        .endpointOverride(URI.create(System.getProperty("rspar.compose.s3")))
        .forcePathStyle(true)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create("rspar", "for-this-machine-only")))
        .httpClient(new RetryableHttpClient(UrlConnectionHttpClient.create()))
        .build();
  }

  /** Puts the demo's model and data where {@link #request} looks for them. */
  public static void upload(S3Client s3) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(EXAMPLE, "*.{onnx,gz}")) {
      for (Path file : files) {
        s3.putObject(r -> r.bucket(BUCKET).key("inputs/" + file.getFileName()), file);
      }
    }
  }

  /**
   * The demo's short request, with everything in the store.
   *
   * @param folder receives its file
   */
  public static PruningRequest.Builder request(String id, Path folder) throws Exception {
    String yaml =
        Files.readString(EXAMPLE.resolve("request-short.yaml"))
            .replaceAll("[a-z_-]+\\.(onnx|idx\\.gz)", "s3://rspar/inputs/$0");
    Path file = Files.writeString(folder.resolve("request.yaml"), yaml);
    return PruningRequest.newBuilder(new RequestFile().read(file, Instant.now()))
        .setRequestId(id)
        .setOutput("s3://rspar/outputs/" + id + "/");
  }
}
