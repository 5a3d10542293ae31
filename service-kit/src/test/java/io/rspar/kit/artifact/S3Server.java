package io.rspar.kit.artifact;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** A real S3 server in this process, which keeps buckets as folders and checks signatures. */
final class S3Server implements AutoCloseable {
  static final String SECRET = "a-secret-that-nobody-logs";

  private final S3Proxy server;
  private final Path folder;

  private S3Server(S3Proxy server, Path folder) {
    this.server = server;
    this.folder = folder;
  }

  /** Starts it, and gives this process its credentials, as an environment would. */
  static S3Server start(Path folder) throws Exception {
    System.setProperty("aws.accessKeyId", "rspar");
    System.setProperty("aws.secretAccessKey", SECRET);
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(folder.toString()))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "rspar", SECRET)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .build();
    server.start();
    return new S3Server(server, folder);
  }

  S3Settings settings() {
    return new S3Settings(
        Optional.of(URI.create("http://127.0.0.1:" + server.getPort())),
        Optional.of("us-east-1"),
        true);
  }

  void createBucket(String name) throws IOException {
    Files.createDirectories(folder.resolve(name));
  }

  /** The file behind an object. */
  Path file(String bucket, String key) {
    return folder.resolve(bucket).resolve(key);
  }

  @Override
  public void close() throws Exception {
    server.stop();
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }
}
