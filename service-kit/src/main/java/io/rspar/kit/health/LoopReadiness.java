package io.rspar.kit.health;

import io.rspar.kit.event.LoopState;
import io.rspar.kit.service.Loops;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Up when every loop is a member of its consumer group. */
@Readiness
@ApplicationScoped
public class LoopReadiness implements HealthCheck {
  private final Loops loops;

  public LoopReadiness(Loops loops) {
    this.loops = loops;
  }

  @Override
  public HealthCheckResponse call() {
    var response = HealthCheckResponse.named("loops-consuming");
    loops.running().forEach(loop -> response.withData(loop.name(), loop.state().name()));
    return response
        .status(loops.running().stream().allMatch(loop -> loop.state() == LoopState.RUNNING))
        .build();
  }
}
