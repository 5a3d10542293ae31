package io.rspar.dashboard.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.rspar.dashboard.DashboardConfig;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Stands before everything that the dashboard serves.
 *
 * <ul>
 *   <li>On this machine's own interface only requests to a local name are answered, so that no
 *       other site's name can be made to point here (DNS rebinding).
 *   <li>What changes something needs a header that no other site's page can set, and the same
 *       origin where the browser states one (cross-site request forgery).
 *   <li>It needs the token too, where one is set. Reachable from elsewhere and without a token,
 *       nothing can be changed.
 *   <li>The page may load nothing from anywhere else (content security policy).
 * </ul>
 */
@ApplicationScoped
public class Guard {
  /** Header of requests that change something; its presence is what counts. */
  static final String CHANGE = "X-Rspar-Change";

  static final String TOKEN = "X-Rspar-Token";

  private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
  private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);

  /** A report is a page of its own: it has its style with it and needs nothing else. */
  private static final String REPORT_POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none';"
          + " frame-ancestors 'none'";

  static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src"
          + " 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  private final boolean enabled;
  private final boolean local;
  private final Optional<String> token;

  public Guard(
      DashboardConfig config,
      @ConfigProperty(name = "quarkus.http.host", defaultValue = "0.0.0.0") String boundTo) {
    this.enabled = config.enabled();
    this.local = LOCAL.contains(boundTo);
    this.token = config.token().filter(t -> !t.isBlank());
  }

  /** Whether a user has to give a token to change something. */
  boolean needsToken() {
    return token.isPresent();
  }

  /** Whether anybody can change anything. */
  boolean changesAllowed() {
    return local || token.isPresent();
  }

  void register(@Observes Filters filters) {
    filters.register(this::check, 1000);
  }

  private void check(RoutingContext context) {
    HttpServerRequest request = context.request();
    // Health and metrics belong to the application that embeds the dashboard.
    if (request.path().startsWith("/q/")) {
      context.next();
      return;
    }
    if (!enabled) {
      refuse(
          context, 404, "there is no dashboard here", "start it with rspar.dashboard.enabled=true");
      return;
    }
    if (local && !LOCAL.contains(hostOf(request))) {
      refuse(context, 421, "this dashboard is called localhost", "open it under that name");
      return;
    }
    if (!READING.contains(request.method()) && !mayChange(context)) {
      return;
    }
    context
        .response()
        .putHeader(
            "Content-Security-Policy",
            request.path().endsWith("/files/report.html") ? REPORT_POLICY : POLICY)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("Cross-Origin-Opener-Policy", "same-origin")
        .putHeader("Cross-Origin-Resource-Policy", "same-origin");
    context.next();
  }

  /** Answers the request itself if it may not. */
  private boolean mayChange(RoutingContext context) {
    HttpServerRequest request = context.request();
    if (request.getHeader(CHANGE) == null || !sameOrigin(request)) {
      refuse(
          context,
          403,
          "the request does not come from this dashboard's page",
          "send the header " + CHANGE + ": 1 and no foreign Origin");
      return false;
    }
    if (!changesAllowed()) {
      refuse(
          context,
          403,
          "nothing can be changed here: the dashboard can be reached from elsewhere and has no token",
          "set rspar.dashboard.token (RSPAR_DASHBOARD_TOKEN)");
      return false;
    }
    if (token.isPresent() && !matches(token.get(), request.getHeader(TOKEN))) {
      refuse(context, 401, "the token is missing or wrong", "enter the dashboard's token");
      return false;
    }
    return true;
  }

  private static boolean matches(String token, String given) {
    return given != null
        && MessageDigest.isEqual(
            token.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean sameOrigin(HttpServerRequest request) {
    String origin = request.getHeader("Origin");
    if (origin == null) {
      return true; // no browser, or none that says so
    }
    try {
      String authority = URI.create(origin).getRawAuthority();
      return authority != null && authority.equals(request.getHeader("Host"));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String hostOf(HttpServerRequest request) {
    return request.authority() == null ? "" : request.authority().host();
  }

  private static void refuse(RoutingContext context, int status, String message, String remedy) {
    context
        .response()
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .end(new JsonObject().put("message", message).put("remedy", remedy).encode());
  }
}
