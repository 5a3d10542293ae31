package io.rspar.standalone.security;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.lang.JoseException;

/**
 * An OAuth 2 token endpoint for one client, by client credentials (RFC 6749, section 4.4), with the
 * key set that verifies its tokens (RFC 7517).
 */
final class TokenEndpoint implements AutoCloseable {
  static final String AUDIENCE = "kafka";

  private final HttpServer server;
  private final RsaJsonWebKey key;
  private final String clientId;
  private final String clientSecret;

  private TokenEndpoint(HttpServer server, RsaJsonWebKey key, String id, String secret) {
    this.server = server;
    this.key = key;
    this.clientId = id;
    this.clientSecret = secret;
  }

  static TokenEndpoint start(String clientId, String clientSecret)
      throws IOException, JoseException {
    RsaJsonWebKey key = RsaJwkGenerator.generateJwk(2048);
    key.setKeyId("key-1");
    key.setAlgorithm(AlgorithmIdentifiers.RSA_USING_SHA256);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    TokenEndpoint endpoint = new TokenEndpoint(server, key, clientId, clientSecret);
    server.createContext("/token", endpoint::token);
    server.createContext(
        "/keys", exchange -> answer(exchange, 200, new JsonWebKeySet(key).toJson()));
    server.start();
    return endpoint;
  }

  URI token() {
    return URI.create(base() + "/token");
  }

  URI keys() {
    return URI.create(base() + "/keys");
  }

  String issuer() {
    return base();
  }

  private String base() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  private void token(HttpExchange exchange) throws IOException {
    String expected =
        "Basic "
            + Base64.getEncoder()
                .encodeToString((clientId + ":" + clientSecret).getBytes(StandardCharsets.UTF_8));
    if (!expected.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      answer(exchange, 401, "{\"error\":\"invalid_client\"}");
      return;
    }
    try {
      answer(
          exchange,
          200,
          "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":600}"
              .formatted(signed()));
    } catch (JoseException e) {
      throw new IOException(e);
    }
  }

  private String signed() throws JoseException {
    JwtClaims claims = new JwtClaims();
    claims.setSubject(clientId);
    claims.setAudience(AUDIENCE);
    claims.setIssuer(issuer());
    claims.setIssuedAtToNow();
    claims.setExpirationTimeMinutesInTheFuture(10);
    JsonWebSignature signature = new JsonWebSignature();
    signature.setPayload(claims.toJson());
    signature.setKey(key.getPrivateKey());
    signature.setKeyIdHeaderValue(key.getKeyId());
    signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.RSA_USING_SHA256);
    return signature.getCompactSerialization();
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
