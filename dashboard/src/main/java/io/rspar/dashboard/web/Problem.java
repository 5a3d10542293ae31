package io.rspar.dashboard.web;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** What went wrong and what to do: the body of every answer that is an error. */
public record Problem(String message, String remedy) {

  /** As an exception that answers a request. */
  static WebApplicationException of(int status, String message, String remedy) {
    return new WebApplicationException(
        message,
        Response.status(status)
            .type(MediaType.APPLICATION_JSON)
            .entity(new Problem(message, remedy))
            .build());
  }

  static WebApplicationException unknownRequest(String id) {
    return of(404, "no request " + id + " is known", "it may be older than the topics keep");
  }
}
