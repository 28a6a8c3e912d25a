package io.viworks.admin.health;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.authority.RevocationList;
import io.viworks.admin.command.AgentShutdown;
import io.viworks.admin.credential.Succession;
import io.viworks.admin.directory.DirectoryPulse;
import io.viworks.admin.idempotency.OldAnswers;
import io.viworks.admin.token.Tokens;
import io.viworks.backplane.RedisConnections;
import io.viworks.service.Vitals;
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
        return Vitals.needsPostgres(database, "calls are answered 503 until it is back");
    }

    @Bean
    HealthIndicator redisHealthIndicator(RedisConnections redis) {
        return Vitals.needs(
                "Redis",
                redis::connected,
                "commands wait in the ledger, IMMEDIATE ones are answered 503");
    }

    @Bean
    HealthIndicator directoryHealthIndicator(DirectoryPulse directory) {
        return Vitals.needs(
                "the directory of agents in Redis",
                directory::upToDate,
                "changes of gateways do not reach the bridges yet");
    }

    @Bean
    HealthIndicator pulsesHealthIndicator(
            Tokens tokens,
            AuditLog audit,
            DirectoryPulse directory,
            Succession succession,
            RevocationList revocations,
            AgentShutdown shutdowns,
            OldAnswers answers,
            Watches watches) {
        return Vitals.mustGoOn(
                "reading tokens, writing the audit log, projecting the directory, ending keys,"
                        + " listing revoked certificates, looking for agents' ends or at what is"
                        + " away, or giving up old answers",
                () ->
                        tokens.alive()
                                && audit.alive()
                                && directory.alive()
                                && succession.alive()
                                && revocations.alive()
                                && shutdowns.alive()
                                && answers.alive()
                                && watches.alive());
    }

    @Bean
    HealthIndicator revocationsHealthIndicator(RevocationList revocations) {
        return Vitals.needs(
                "the list of revoked certificates",
                revocations::upToDate,
                "edges that read the list still let revoked certificates pass; bridges do not");
    }
}
