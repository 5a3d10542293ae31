package io.rspar.kit.reference;

import io.rspar.events.topic.Topic;
import io.rspar.kit.service.Service;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/** What both references are about, in the order of a request's way. */
final class Catalogue {
  /** What the headers of a record say, by name. */
  static final Map<String, String> HEADERS = headers();

  private Catalogue() {}

  private static Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("ce_specversion", "CloudEvents: 1.0.");
    headers.put(
        "ce_id",
        "CloudEvents: unique for each source, and the same when the same work is published again.");
    headers.put("ce_type", "CloudEvents: full name of the event's schema.");
    headers.put("ce_source", "CloudEvents: who published it, such as /rspar/pruner.");
    headers.put("ce_time", "CloudEvents: when it was published (RFC 3339, UTC).");
    headers.put("ce_correlationid", "Extension attribute: the request.");
    headers.put(
        "ce_priority",
        "Extension attribute: the request's priority, a whole number; 0 where it is missing.");
    headers.put("content-type", "application/avro.");
    headers.put(
        "traceparent", "W3C Trace Context: the span that published it, where there is one.");
    return headers;
  }

  /** The events of a topic, by name. */
  static List<Schema> events(Topic topic) {
    List<Schema> events = new ArrayList<>();
    for (Class<? extends SpecificRecord> type : topic.eventTypes()) {
      events.add(SpecificData.get().getSchema(type));
    }
    events.sort(Comparator.comparing(Schema::getName));
    return events;
  }

  /** Every event once, in the order of the topics. */
  static List<Schema> events() {
    return Arrays.stream(Topic.values())
        .flatMap(topic -> events(topic).stream())
        .distinct()
        .toList();
  }

  /** The services that consume a topic. */
  static List<String> readers(Topic topic) {
    return Arrays.stream(Service.values())
        .filter(service -> service.inputs().contains(topic))
        .map(Service::id)
        .toList();
  }

  /** Whether users publish to a topic. */
  static boolean isInput(Topic topic) {
    return topic == Topic.PRUNING_REQUESTS || topic == Topic.PRUNING_CANCELLATIONS;
  }

  /** Whether a topic is there for users to read. */
  static boolean isOutput(Topic topic) {
    return topic == Topic.PRUNING_RESULTS || topic == Topic.PRUNING_STATUS;
  }

  /** What a record's key is. */
  static String keyOf(Topic topic) {
    return topic == Topic.PRUNING_STATUS
        ? "request, or request/stage"
        : topic.key() == Topic.Key.REQUEST_ID ? "request" : "candidate";
  }
}
