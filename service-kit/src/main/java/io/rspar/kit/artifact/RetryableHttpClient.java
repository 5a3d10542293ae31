package io.rspar.kit.artifact;

import java.io.IOException;
import java.io.UncheckedIOException;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * Lets the SDK try again when a connection breaks while a request is sent: the client on top of
 * {@code HttpURLConnection} hides that in an unchecked exception, which the SDK's retries do not
 * know. Servers do close connections that a client keeps for its next request: after a while, or
 * (S3Proxy) when the last bytes of an upload arrive behind the answer to it. See <a
 * href="https://github.com/aws/aws-sdk-java-v2/issues/6578">issue 6578</a>.
 */
public final class RetryableHttpClient implements SdkHttpClient {
  private final SdkHttpClient client;

  public RetryableHttpClient(SdkHttpClient client) {
    this.client = client;
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    ExecutableHttpRequest prepared = client.prepareRequest(request);
    return new ExecutableHttpRequest() {
      @Override
      public HttpExecuteResponse call() throws IOException {
        try {
          return prepared.call();
        } catch (UncheckedIOException e) {
          throw e.getCause();
        }
      }

      @Override
      public void abort() {
        prepared.abort();
      }
    };
  }

  @Override
  public String clientName() {
    return client.clientName();
  }

  @Override
  public void close() {
    client.close();
  }
}
