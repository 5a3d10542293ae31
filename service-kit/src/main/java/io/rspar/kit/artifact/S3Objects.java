package io.rspar.kit.artifact;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * Objects of an S3-compatible server as files: streamed both ways, in parts where they are large.
 * Every method throws {@link SdkException} when the server refuses or cannot be reached.
 */
final class S3Objects {
  /** S3 takes 10,000 parts: enough for 640 GB. */
  private static final long PART_BYTES = 64L << 20;

  /** With the SDK's back-off, a server that restarts is waited for about half a minute. */
  private static final int ATTEMPTS = 8;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(60);

  private final S3Client client;
  private final long partBytes;

  S3Objects(S3Client client, long partBytes) {
    this.client = client;
    this.partBytes = partBytes;
  }

  /** Connects with the credentials that the SDK's standard chain finds. */
  static S3Objects connect(S3Settings settings) {
    S3ClientBuilder builder =
        S3Client.builder()
            .forcePathStyle(settings.pathStyle())
            // Contents are verified by their SHA-256, and not every server knows other checksums.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(
                o ->
                    o.retryStrategy(
                        AwsRetryStrategy.standardRetryStrategy().toBuilder()
                            .maxAttempts(ATTEMPTS)
                            .build()))
            .httpClient(
                new RetryableHttpClient(
                    UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT_TIMEOUT)
                        .socketTimeout(SOCKET_TIMEOUT)
                        .build()));
    settings.endpoint().ifPresent(builder::endpointOverride);
    settings.region().map(Region::of).ifPresent(builder::region);
    return new S3Objects(builder.build(), PART_BYTES);
  }

  /**
   * What is known of an object.
   *
   * @param sizeBytes of its content
   * @param modified when it was last written
   */
  record Attributes(long sizeBytes, Instant modified) {}

  Optional<Attributes> attributes(S3Location object) {
    try {
      HeadObjectResponse head = client.headObject(r -> r.bucket(object.bucket()).key(object.key()));
      return Optional.of(new Attributes(head.contentLength(), head.lastModified()));
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    }
  }

  /** Writes an object; it appears when it is complete. */
  void upload(Path file, S3Location object, String mediaType) throws IOException {
    long size = Files.size(file);
    if (size > partBytes) {
      uploadParts(file, size, object, mediaType);
    } else {
      client.putObject(
          r -> r.bucket(object.bucket()).key(object.key()).contentType(mediaType),
          RequestBody.fromFile(file));
    }
  }

  private void uploadParts(Path file, long size, S3Location object, String mediaType) {
    String upload =
        client
            .createMultipartUpload(
                r -> r.bucket(object.bucket()).key(object.key()).contentType(mediaType))
            .uploadId();
    try {
      List<CompletedPart> parts = new ArrayList<>();
      for (long offset = 0; offset < size; offset += partBytes) {
        int number = parts.size() + 1;
        UploadPartResponse part =
            client.uploadPart(
                r ->
                    r.bucket(object.bucket()).key(object.key()).uploadId(upload).partNumber(number),
                body(file, offset, Math.min(partBytes, size - offset)));
        parts.add(CompletedPart.builder().partNumber(number).eTag(part.eTag()).build());
      }
      client.completeMultipartUpload(
          r ->
              r.bucket(object.bucket())
                  .key(object.key())
                  .uploadId(upload)
                  .multipartUpload(m -> m.parts(parts)));
    } catch (SdkException e) {
      abandon(upload, object);
      throw e;
    }
  }

  /** Parts that belong to no object cost money until the bucket's lifecycle removes them. */
  private void abandon(String upload, S3Location object) {
    try {
      client.abortMultipartUpload(
          r -> r.bucket(object.bucket()).key(object.key()).uploadId(upload));
    } catch (SdkException e) {
      // The failure that led here says more.
    }
  }

  /** A part of a file, opened anew for each attempt to send it. */
  private static RequestBody body(Path file, long offset, long length) {
    return RequestBody.fromContentProvider(
        () -> {
          try {
            FileChannel channel = FileChannel.open(file);
            channel.position(offset);
            return new BoundedInputStream(Channels.newInputStream(channel), length);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        length,
        "application/octet-stream");
  }

  /**
   * Copies an object to a new file.
   *
   * @throws NoSuchKeyException if there is none
   * @throws TooLargeException if it has more than the limit
   */
  Digest download(S3Location object, Path target, long limit) throws IOException {
    try (ResponseInputStream<GetObjectResponse> in =
        client.getObject(r -> r.bucket(object.bucket()).key(object.key()))) {
      if (in.response().contentLength() > limit) {
        in.abort();
        throw new TooLargeException(limit);
      }
      return Digest.copy(in, target, limit);
    }
  }

  /**
   * The objects below a folder, in order of key.
   *
   * @param limit most objects listed
   */
  List<S3Object> list(S3Location folder, int limit) {
    return client
        .listObjectsV2Paginator(r -> r.bucket(folder.bucket()).prefix(folder.asFolder().key()))
        .contents()
        .stream()
        .limit(limit)
        .toList();
  }

  void write(byte[] content, S3Location object) {
    client.putObject(
        r -> r.bucket(object.bucket()).key(object.key()), RequestBody.fromBytes(content));
  }

  void delete(S3Location object) {
    client.deleteObject(r -> r.bucket(object.bucket()).key(object.key()));
  }

  /** The server's own words, in one line and without the request. */
  static String explain(SdkException e) {
    if (e instanceof AwsServiceException service && service.awsErrorDetails() != null) {
      return "%s (%s)"
          .formatted(
              service.awsErrorDetails().errorMessage(), service.awsErrorDetails().errorCode());
    }
    return e.getMessage();
  }

  /** Whether the server says that this client may not do that. */
  static boolean isDenied(SdkException e) {
    return e instanceof AwsServiceException service
        && (service.statusCode() == 401 || service.statusCode() == 403);
  }
}
