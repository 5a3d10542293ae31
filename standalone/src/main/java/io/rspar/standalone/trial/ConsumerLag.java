package io.rspar.standalone.trial;

import io.rspar.kit.service.Service;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Records that wait or are being worked on, by service: the end of each partition less the
 * committed offset. Transaction markers count as records where they are the last.
 */
final class ConsumerLag {
  private ConsumerLag() {}

  static Map<Service, Long> of(Admin admin, String deviceClass)
      throws ExecutionException, InterruptedException {
    Map<Service, Long> lag = new LinkedHashMap<>();
    for (Service service : Service.values()) {
      String group =
          service == Service.EVAL ? service.group() + "-" + deviceClass : service.group();
      Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
      service
          .inputs()
          .forEach(
              topic ->
                  IntStream.range(0, topic.partitions())
                      .forEach(
                          p ->
                              wanted.put(
                                  new TopicPartition(topic.topicName(), p), OffsetSpec.latest())));
      Map<TopicPartition, OffsetAndMetadata> committed =
          admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(wanted).all().get();
      long sum = 0;
      for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end : ends.entrySet()) {
        OffsetAndMetadata done = committed.get(end.getKey());
        sum += Math.max(0, end.getValue().offset() - (done == null ? 0 : done.offset()));
      }
      lag.put(service, sum);
    }
    return lag;
  }
}
