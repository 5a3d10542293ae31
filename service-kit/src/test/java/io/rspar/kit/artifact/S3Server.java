package io.rspar.kit.artifact;

import io.rspar.kit.backend.Backend;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.GenericContainer;

/** A real S3 server, which keeps buckets as folders and checks signatures. */
final class S3Server implements AutoCloseable {
  static final String SECRET = "a-secret-that-nobody-logs";
  private static final int PORT = 9000;

  private final URI endpoint;
  private final Path folder;
  private final AutoCloseable server;

  private S3Server(URI endpoint, Path folder, AutoCloseable server) {
    this.endpoint = endpoint;
    this.folder = folder;
    this.server = server;
  }

  /** Starts it, and gives this process its credentials, as an environment would. */
  static S3Server start(Path folder) throws Exception {
    System.setProperty("aws.accessKeyId", "rspar");
    System.setProperty("aws.secretAccessKey", SECRET);
    return switch (Backend.current()) {
      case CONTAINERS -> inContainer(folder);
      case EMBEDDED -> embedded(folder);
    };
  }

  private static S3Server embedded(Path folder) throws Exception {
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(folder.toString()))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "rspar", SECRET)
            .endpoint(URI.create("http://127.0.0.1:0"))
            .build();
    server.start();
    return new S3Server(URI.create("http://127.0.0.1:" + server.getPort()), folder, server::stop);
  }

  private static S3Server inContainer(Path folder) {
    GenericContainer<?> server =
        new GenericContainer<>(Backend.s3Image())
            .withEnv("S3PROXY_ENDPOINT", "http://0.0.0.0:" + PORT)
            .withEnv("S3PROXY_AUTHORIZATION", "aws-v2-or-v4")
            .withEnv("S3PROXY_IDENTITY", "rspar")
            .withEnv("S3PROXY_CREDENTIAL", SECRET)
            .withEnv("JCLOUDS_PROVIDER", "filesystem-nio2")
            .withEnv("JCLOUDS_FILESYSTEM_BASEDIR", "/data")
            .withFileSystemBind(folder.toString(), "/data", BindMode.READ_WRITE)
            .withExposedPorts(PORT);
    server.start();
    return new S3Server(
        URI.create("http://%s:%d".formatted(server.getHost(), server.getMappedPort(PORT))),
        folder,
        server);
  }

  S3Settings settings() {
    return new S3Settings(Optional.of(endpoint), Optional.of("us-east-1"), true);
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
    server.close();
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }
}
