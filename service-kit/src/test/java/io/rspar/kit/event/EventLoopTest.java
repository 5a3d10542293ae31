package io.rspar.kit.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rspar.kit.service.Service;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventLoopTest {

  /** A process whose beans start slowly is asked for its health before its loops have begun. */
  @Test
  void aLoopThatHasNotBegunIsHealthy() {
    KafkaClients clients = new KafkaClients(KafkaSettings.local("localhost:1"));
    try (EventCodec codec = EventCodec.singleObject();
        UnwantedRequests unwanted = new UnwantedRequests(clients, codec)) {
      LoopContext context =
          new LoopContext(clients, codec, JobSettings.DEFAULT, new SimpleMeterRegistry(), unwanted);
      try (EventLoop loop =
          EventLoop.working(Service.PRUNER, "", context, (event, job) -> List.of())) {
        assertThat(loop.state()).isEqualTo(LoopState.STARTING);
        assertThat(loop.healthy()).isTrue();
      }
    }
  }
}
