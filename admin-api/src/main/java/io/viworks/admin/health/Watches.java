package io.viworks.admin.health;

import io.viworks.admin.authority.RevocationList;
import io.viworks.admin.directory.DirectoryPulse;
import io.viworks.admin.health.Watch.Found;
import io.viworks.admin.health.Watch.State;
import io.viworks.admin.redis.Answer;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.delivery.StreamTime;
import io.viworks.backplane.ownership.Owners;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.springframework.stereotype.Component;

/** Watches all that the service and its fleet need. Thread-safe. */
@Component
final class Watches implements AutoCloseable {
    /** A writer is behind when a record waits longer for it. */
    static final Duration BEHIND = Duration.ofSeconds(10);

    private static final int DATABASE_PATIENCE_S = 2;

    private final InstantSource clock;
    private final List<Watch> all;

    Watches(
            DataSource database,
            RedisConnections redis,
            DirectoryPulse directory,
            RevocationList revocations,
            InstantSource clock) {
        this.clock = clock;
        Owners owners = new Owners(redis);
        StreamTime time = new StreamTime(redis);
        this.all =
                List.of(
                        watch(
                                "postgres",
                                "calls are answered 503 until it is back",
                                () -> Found.there(answers(database))),
                        watch(
                                "redis",
                                "commands wait in the ledger, IMMEDIATE ones are answered 503,"
                                        + " nothing new comes from gateways",
                                () -> Found.there(redis.connected())),
                        watch(
                                "directory",
                                "changes of gateways do not reach the bridges yet",
                                () -> Found.there(directory.upToDate())),
                        watch(
                                "revocations",
                                "edges that read the list still let revoked certificates pass;"
                                        + " bridges do not",
                                () -> Found.there(revocations.upToDate())),
                        watch(
                                "bridges",
                                "no gateway can connect, and commands wait",
                                () -> alive(owners)),
                        watch(
                                "telemetry_writer",
                                "telemetry and connections are shown as they were",
                                () -> behind(time, time::telemetryHandledUpTo)),
                        watch(
                                "results_writer",
                                "commands are shown as they were",
                                () -> behind(time, time::handledUpTo)));
    }

    private Watch watch(String name, String effect, Supplier<Found> look) {
        return new Watch(name, effect, look, clock);
    }

    private static boolean answers(DataSource database) {
        try (Connection connection = database.getConnection()) {
            return connection.isValid(DATABASE_PATIENCE_S);
        } catch (SQLException e) {
            return false; // That it does not answer is all that is asked; its users log why.
        }
    }

    private static Found alive(Owners owners) {
        try {
            long alive = Answer.of(owners.livingBridges());
            return new Found(alive > 0 ? State.UP : State.AWAY, alive);
        } catch (WorldAway redis) {
            return new Found(State.UNKNOWN, null);
        }
    }

    private static Found behind(StreamTime time, Supplier<CompletionStage<Instant>> handledUpTo) {
        try {
            Duration behind = Duration.between(Answer.of(handledUpTo.get()), Answer.of(time.now()));
            return behind.compareTo(BEHIND) > 0
                    ? new Found(State.BEHIND, behind.toSeconds())
                    : new Found(State.UP, null);
        } catch (WorldAway redis) {
            return new Found(State.UNKNOWN, null);
        }
    }

    /** As all was at the last looks. */
    Health health() {
        return Health.of(
                clock.instant(), all.stream().map(Watch::part).flatMap(Optional::stream).toList());
    }

    boolean alive() {
        return all.stream().allMatch(Watch::alive);
    }

    @Override
    public void close() {
        all.forEach(Watch::close);
    }
}
