package io.rspar.kit.health;

import io.rspar.kit.event.EventLoop;
import io.rspar.kit.service.Loops;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Down when a loop has ended by a defect or its job shows no life: restart the process. */
@Liveness
@ApplicationScoped
public class LoopLiveness implements HealthCheck {
  private final Loops loops;

  public LoopLiveness(Loops loops) {
    this.loops = loops;
  }

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("loops-alive");
    loops.running().forEach(loop -> response.withData(loop.name(), loop.describe()));
    return response.status(loops.running().stream().allMatch(EventLoop::healthy)).build();
  }
}
