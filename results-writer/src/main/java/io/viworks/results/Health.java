package io.viworks.results;

import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.stream.ConsumerLoop;
import java.util.List;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What this process says of itself: liveness is red when a loop has ended; readiness names what is
 * away as {@code DEGRADED} and stays green, for waiting is this process's work then.
 */
@Configuration(proxyBeanMethods = false)
class Health {
    static final Status DEGRADED = new Status("DEGRADED", "works again by itself");

    @Bean
    HealthIndicator loopsHealthIndicator(List<ConsumerLoop<?>> loops) {
        return () ->
                loops.stream().allMatch(ConsumerLoop::alive)
                        ? up()
                        : org.springframework.boot.health.contributor.Health.down()
                                .withDetail("loops", "one has ended")
                                .build();
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return () -> redis.connected() ? up() : degraded("Redis is away");
    }

    @Bean
    HealthIndicator postgresHealthIndicator(JdbcTemplate jdbc) {
        return () -> {
            try {
                jdbc.queryForObject("select 1", Integer.class);
                return up();
            } catch (RuntimeException e) {
                return degraded("Postgres is away");
            }
        };
    }

    private static org.springframework.boot.health.contributor.Health up() {
        return org.springframework.boot.health.contributor.Health.up().build();
    }

    private static org.springframework.boot.health.contributor.Health degraded(String why) {
        return org.springframework.boot.health.contributor.Health.status(DEGRADED)
                .withDetail("away", why)
                .build();
    }
}
