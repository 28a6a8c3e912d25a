package io.viworks.conformance.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.viworks.backplane.RedisAcl;
import io.viworks.testkit.RedisWithSentinels;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Stores with a second one behind them: the first is killed while commands are out, and the other
 * takes its place (docs/scaling.md).
 */
@Tag("failure")
class FailOverTest {
    private static final int COMMANDS = Integer.getInteger("viw.commands", 450);
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final Report REPORT = new Report(TARGET.resolve("fail-over-tests.md"));

    /** Breaks something, and returns when the second has taken over. */
    private interface FailOver {
        void make() throws Exception;
    }

    private static void withstands(String name, Fleet.Elsewhere stores, FailOver failOver)
            throws Exception {
        try (Fleet fleet =
                Fleet.start(
                        TARGET.resolve("fail-over"),
                        TARGET.resolve("../..").normalize(),
                        Fleet.GATEWAYS,
                        1,
                        stores)) {
            fleet.awaitConnected(Fleet.GATEWAYS, Duration.ofMinutes(2));
            Instant since = Instant.now();
            Load load = new Load(fleet.api(), fleet.gateways(), name.hashCode());
            load.ask(COMMANDS);
            long open = Verdict.open(fleet);
            AtomicBoolean stop = new AtomicBoolean();
            Thread trickle =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    load.trickle(stop, 100);
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            Duration took;
            Duration until;
            try {
                Pauses.sleep(Duration.ofSeconds(2));
                long begun = System.nanoTime();
                failOver.make();
                took = Duration.ofNanos(System.nanoTime() - begun);
                until = untilCommandsEnd(fleet, begun);
                Pauses.sleep(Duration.ofSeconds(5));
            } finally {
                stop.set(true);
                trickle.join();
            }
            Verdict verdict = Verdict.of(fleet, load, since, PATIENCE, false);
            REPORT.add(
                    name,
                    open,
                    verdict,
                    "fail-over %.1f s, a command issued after it ended %.1f s after the kill; %d answers not 202"
                            .formatted(
                                    took.toMillis() / 1000.0,
                                    until.toMillis() / 1000.0,
                                    load.refused()));
            assertThat(verdict.violations()).isEmpty();
        }
    }

    /** Until a command that was issued after now has ended well. */
    private static Duration untilCommandsEnd(Fleet fleet, long begun) {
        Instant now = Instant.now();
        Awaitility.await("a command that goes on")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions()
                .until(() ->
                        fleet.number(
                                        "select count(*) from agent_commands"
                                                + " where state = 'SUCCEEDED' and issued_at > '"
                                                + now
                                                + "'")
                                > 0);
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private static RedisWithSentinels redis(String... more) {
        return RedisWithSentinels.start(
                "operator",
                Stream.concat(
                                Stream.of(RedisAcl.Service.values())
                                        .map(service -> RedisAcl.line(service, "secret")),
                                Stream.of(more))
                        .toList());
    }

    private static Fleet.Elsewhere on(RedisWithSentinels redis) {
        return new Fleet.Elsewhere() {
            @Override
            public Map<String, String> environmentOf(String service) {
                return Map.of("VIW_REDIS_URL", redis.url(service, "secret"));
            }

            @Override
            public Optional<Connection> database() {
                return Optional.empty();
            }
        };
    }

    private static void awaitMaster(RedisWithSentinels redis) {
        Awaitility.await("the replica as master")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> redis.secondIsMaster());
    }

    @Test
    void theMasterOfRedisIsKilled() throws Exception {
        try (RedisWithSentinels redis = redis()) {
            withstands(
                    "the master of Redis killed, its replica takes over",
                    on(redis),
                    () -> {
                        redis.first().kill();
                        awaitMaster(redis);
                    });
        }
    }

    /** All that was acknowledged in those seconds is lost for certain. */
    @Test
    void theMasterOfRedisIsKilledWhileItsReplicaIsBehind() throws Exception {
        try (RedisWithSentinels redis = redis()) {
            withstands(
                    "the same, the replica 4 s behind",
                    on(redis),
                    () -> {
                        redis.second().pause();
                        Pauses.sleep(Duration.ofSeconds(4));
                        redis.first().kill();
                        redis.second().resume();
                        awaitMaster(redis);
                    });
        }
    }

    @Test
    void thePrimaryOfPostgresIsKilled() throws Exception {
        Optional<Path> programs = PostgresPair.programs();
        assumeTrue(programs.isPresent(), "no pg_basebackup in /usr/lib/postgresql");
        try (PostgresPair postgres = PostgresPair.start(programs.orElseThrow())) {
            withstands(
                    "the primary of Postgres killed, its synchronous standby promoted",
                    on(postgres),
                    postgres::failOver);
        }
    }

    private static Fleet.Elsewhere on(PostgresPair postgres) {
        return new Fleet.Elsewhere() {
            @Override
            public Map<String, String> environmentOf(String service) {
                return List.of("telemetry-writer", "results-writer", "admin-api").contains(service)
                        ? postgres.environmentOf(service.replace('-', '_'))
                        : Map.of();
            }

            @Override
            public Optional<Connection> database() throws SQLException {
                return Optional.of(postgres.connect());
            }
        };
    }
}
