package io.rspar.dashboard.web;

import io.rspar.kit.failure.WorkException;
import io.rspar.kit.request.InvalidRequestException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.apache.kafka.common.KafkaException;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Exceptions as answers that name cause and remedy. */
class Problems {
  @ServerExceptionMapper
  Response invalid(InvalidRequestException e) {
    return answer(422, e.getMessage(), e.remedy());
  }

  @ServerExceptionMapper
  Response broker(KafkaException e) {
    return answer(
        503, "Kafka does not answer: " + e.getMessage(), "see whether the brokers are up");
  }

  @ServerExceptionMapper
  Response artifact(WorkException e) {
    return answer(502, e.getMessage(), e.remedy());
  }

  private static Response answer(int status, String message, String remedy) {
    return Response.status(status)
        .type(MediaType.APPLICATION_JSON)
        .entity(new Problem(message, remedy))
        .build();
  }
}
