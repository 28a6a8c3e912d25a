package io.viworks.admin.health;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.directory.DirectoryPulse;
import io.viworks.admin.token.Tokens;
import io.viworks.backplane.RedisConnections;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The parts of health. Only tokens that were never read take readiness down: without them nobody
 * can be let in. All else degrades. A dead pulse takes liveness down.
 */
@Configuration(proxyBeanMethods = false)
class HealthConfiguration {
    /** Seconds for the database to answer. */
    private static final int PATIENCE_S = 2;

    @Bean
    HealthIndicator tokensHealthIndicator(Tokens tokens) {
        return () ->
                tokens.ready()
                        ? Health.up().build()
                        : Health.outOfService()
                                .withDetail("away", "bearer tokens were not read yet")
                                .build();
    }

    @Bean
    HealthIndicator postgresHealthIndicator(DataSource database) {
        return () -> {
            try (Connection connection = database.getConnection()) {
                if (connection.isValid(PATIENCE_S)) {
                    return Health.up().build();
                }
            } catch (SQLException e) {
                return postgresAway();
            }
            return postgresAway();
        };
    }

    private static Health postgresAway() {
        return Degraded.because("Postgres", "calls are answered 503 until it is back");
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return () ->
                redis.connected()
                        ? Health.up().build()
                        : Degraded.because(
                                "Redis",
                                "commands wait in the ledger, IMMEDIATE ones are answered 503");
    }

    @Bean
    HealthIndicator directoryHealthIndicator(DirectoryPulse directory) {
        return () ->
                directory.upToDate()
                        ? Health.up().build()
                        : Degraded.because(
                                "the directory of agents in Redis",
                                "changes of gateways do not reach the bridges yet");
    }

    @Bean
    HealthIndicator pulsesHealthIndicator(Tokens tokens, AuditLog audit, DirectoryPulse directory) {
        return () ->
                tokens.alive() && audit.alive() && directory.alive()
                        ? Health.up().build()
                        : Health.down()
                                .withDetail("reason", "a task that must never end has ended")
                                .build();
    }
}
