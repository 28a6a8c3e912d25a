package io.viworks.telemetry;

import io.viworks.telemetry.GatewayEvents.Settled;
import io.viworks.telemetry.Sql.Column;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is connected (spec 4, {@code bridges}): a gateway is, when its newest session is open and
 * that session's bridge was seen shortly before the newest sign of any bridge. When the signs
 * themselves are old, nobody knows: those who were connected become {@code unknown}, without an
 * event.
 *
 * <p>After a pause of the stream the bridges speak again one after the other. None of them is held
 * silent before all had the time to, so that an outage of Redis or of this writer does not flip the
 * fleet to offline and back. Times are Redis's. Thread-safe.
 */
final class Connectedness {
    /** Two signs of a bridge, which gives one every 5 s, with a margin. */
    private static final int PAUSE_TENTHS_OF_SILENCE = 6;

    private final Sql sql;
    private final Duration bridgeSilence;
    private final Duration streamSilence;
    private @Nullable Instant newest;
    private Instant unbrokenSince = Instant.MIN;

    Connectedness(Sql sql, Duration bridgeSilence, Duration streamSilence) {
        this.sql = sql;
        this.bridgeSilence = bridgeSilence;
        this.streamSilence = streamSilence;
    }

    /** The newest sign of any bridge, and whether even that is old. */
    private record Signs(@Nullable Instant newest, boolean stale) {}

    /**
     * Looks at these gateways again, within the caller's transaction.
     *
     * @return those that changed
     */
    List<Settled> settle(List<String> agents) {
        return agents.isEmpty()
                ? List.of()
                : settle("and g.agent_id = any (?)", Column.of("text", agents, agent -> agent));
    }

    /**
     * Looks at all of them.
     *
     * @return those that changed, once that is committed
     */
    List<Settled> sweep() {
        return sql.transaction(() -> settle(""));
    }

    private List<Settled> settle(String which, Column... columns) {
        Signs signs = signs();
        Instant latest = signs.newest();
        if (latest == null) {
            return List.of();
        }
        return sql.query(
                """
                with settled as (
                    select g.agent_id, g.status as was,
                           case when %b
                                then case when g.status = 'disconnected' then 'disconnected'
                                          else 'unknown' end
                                when s.disconnected_at is not null then 'disconnected'
                                when b.last_seen >= '%s' then 'connected'
                                when %b then 'disconnected'
                                when g.status = 'expected' then 'unknown'
                                else g.status end as becomes
                    from os_gateways g
                    cross join lateral (
                        select session_id, bridge_id, disconnected_at
                        from agent_sessions where agent_id = g.agent_id
                        order by epoch desc limit 1) s
                    left join bridges b on b.bridge_id = s.bridge_id
                    where g.status <> 'decommissioned' %s),
                locked as (
                    select g.agent_id, settled.was, settled.becomes
                    from os_gateways g join settled using (agent_id)
                    where settled.was <> settled.becomes and g.status = settled.was
                    order by g.agent_id for update of g),
                moved as (
                    update os_gateways g set status = locked.becomes
                    from locked where g.agent_id = locked.agent_id
                    returning g.agent_id, locked.was, locked.becomes),
                told as (
                    insert into agent_events (type, agent_id)
                    select case when becomes = 'connected' then 'gateway_online'
                                else 'gateway_offline' end, agent_id
                    from moved
                    where (becomes = 'connected' and was in ('disconnected', 'expected'))
                       or (becomes = 'disconnected' and was in ('connected', 'unknown')))
                select agent_id, was, becomes from moved
                """
                        .formatted(
                                signs.stale(),
                                latest.minus(bridgeSilence),
                                isUnbroken(latest),
                                which),
                (row, _) -> new Settled(row.getString(1), row.getString(2), row.getString(3)),
                (Object[]) columns);
    }

    private Signs signs() {
        return sql.query(
                        """
                        select max(last_seen), max(last_seen) < now() - %d * interval '1 ms'
                        from bridges
                        """
                                .formatted(streamSilence.toMillis()),
                        (row, _) -> new Signs(Sql.instant(row, 1), row.getBoolean(2)))
                .getFirst();
    }

    /** Whether signs have come for so long without a pause that a silent bridge is gone. */
    private synchronized boolean isUnbroken(Instant latest) {
        Instant before = newest;
        if (before == null || before.plus(longestPause()).isBefore(latest)) {
            unbrokenSince = latest;
        }
        if (before == null || before.isBefore(latest)) {
            newest = latest;
        }
        return !latest.isBefore(unbrokenSince.plus(bridgeSilence));
    }

    private Duration longestPause() {
        return bridgeSilence.multipliedBy(PAUSE_TENTHS_OF_SILENCE).dividedBy(10);
    }
}
