package io.viworks.bridge;

import io.viworks.backplane.RedisConnections;
import io.viworks.bridge.delivery.CommandTraffic;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What this process says of itself: liveness is red when something that must go on has ended. Redis
 * being away is {@code DEGRADED} and turns nothing red: agents stay, and another bridge would have
 * no Redis either.
 */
@Configuration(proxyBeanMethods = false)
class Health {
    static final Status DEGRADED = new Status("DEGRADED", "works again by itself");

    @Bean
    HealthIndicator loopsHealthIndicator(CommandTraffic traffic, KeptUp keptUp) {
        return () ->
                traffic.alive() && keptUp.alive()
                        ? org.springframework.boot.health.contributor.Health.up().build()
                        : org.springframework.boot.health.contributor.Health.down()
                                .withDetail("loops", "one has ended")
                                .build();
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return () ->
                redis.connected()
                        ? org.springframework.boot.health.contributor.Health.up().build()
                        : org.springframework.boot.health.contributor.Health.status(DEGRADED)
                                .withDetail("away", "Redis is away")
                                .build();
    }
}
