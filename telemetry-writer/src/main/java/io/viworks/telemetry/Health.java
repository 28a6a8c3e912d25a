package io.viworks.telemetry;

import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.stream.ConsumerLoop;
import io.viworks.service.Vitals;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What this process says of itself: which parts must go on, and what it waits for. */
@Configuration(proxyBeanMethods = false)
class Health {
    @Bean
    HealthIndicator loopsHealthIndicator(List<ConsumerLoop<?>> loops, Upkeep upkeep) {
        return Vitals.mustGoOn(
                "a consumer loop or the upkeep",
                () -> loops.stream().allMatch(ConsumerLoop::alive) && upkeep.isRunning());
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return Vitals.needs("Redis", redis::connected, "nothing is read until it is back");
    }

    @Bean
    HealthIndicator postgresHealthIndicator(DataSource database) {
        return Vitals.needsPostgres(database, "one batch is held, the rest waits in Redis");
    }
}
