package io.viworks.bridge;

import io.viworks.backplane.RedisConnections;
import io.viworks.bridge.delivery.CommandTraffic;
import io.viworks.service.Vitals;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What this process says of itself: which parts must go on, and what it waits for. */
@Configuration(proxyBeanMethods = false)
class Health {
    @Bean
    HealthIndicator loopsHealthIndicator(CommandTraffic traffic, KeptUp keptUp) {
        return Vitals.mustGoOn(
                "the delivery of commands, or what this bridge does again and again",
                () -> traffic.alive() && keptUp.alive());
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return Vitals.needs("Redis", redis::connected, "agents stay, and results wait on them");
    }
}
