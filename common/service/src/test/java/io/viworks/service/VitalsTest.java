package io.viworks.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

final class VitalsTest {
    private final AtomicBoolean well = new AtomicBoolean(true);

    @Test
    void isDownOnceWhatMustGoOnHasEnded() {
        HealthIndicator loop = Vitals.mustGoOn("the results loop", well::get);
        assertThat(status(loop)).isEqualTo(Status.UP);
        well.set(false);
        assertThat(status(loop)).isEqualTo(Status.DOWN);
    }

    @Test
    void namesWhatIsAwayWithoutTurningRed() {
        HealthIndicator redis = Vitals.needs("Redis", well::get, "records wait");
        assertThat(status(redis)).isEqualTo(Status.UP);
        well.set(false);
        assertThat(redis.health(true))
                .extracting(Health::getStatus, Health::getDetails)
                .containsExactly(
                        Vitals.DEGRADED,
                        java.util.Map.of("away", "Redis", "effect", "records wait"));
    }

    private static Status status(HealthIndicator indicator) {
        Health health = indicator.health(false);
        assertThat(health).isNotNull();
        return health.getStatus();
    }
}
