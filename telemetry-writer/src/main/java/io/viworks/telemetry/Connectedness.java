package io.viworks.telemetry;

import io.viworks.telemetry.Sql.Column;
import java.time.Duration;
import java.util.List;

/**
 * Who is connected (spec 4, {@code bridges}): a gateway is, when its newest session is open and
 * that session's bridge was seen shortly before the newest beat of any bridge. When the beats
 * themselves are old, nobody knows: those who were connected become {@code unknown}, without an
 * event, so that an outage of Redis or of this writer does not flip the fleet to offline and back.
 * Thread-safe.
 */
final class Connectedness {
    private final Sql sql;
    private final Duration bridgeSilence;
    private final Duration streamSilence;

    Connectedness(Sql sql, Duration bridgeSilence, Duration streamSilence) {
        this.sql = sql;
        this.bridgeSilence = bridgeSilence;
        this.streamSilence = streamSilence;
    }

    /** Looks at these gateways again, within the caller's transaction. */
    void settle(List<String> agents) {
        if (!agents.isEmpty()) {
            settle("and g.agent_id = any (?)", Column.of("text", agents, agent -> agent));
        }
    }

    /**
     * Looks at all of them.
     *
     * @return how many changed
     */
    int sweep() {
        return sql.transaction(() -> settle(""));
    }

    private int settle(String which, Column... columns) {
        return sql.query(
                        """
                        with newest as (select max(last_seen) as at from bridges),
                        settled as (
                            select g.agent_id, g.status as was,
                                   case when newest.at is null
                                             or newest.at < now() - %d * interval '1 ms'
                                        then case when g.status = 'disconnected' then 'disconnected'
                                                  else 'unknown' end
                                        when s.session_id is not null and s.disconnected_at is null
                                             and b.last_seen >= newest.at - %d * interval '1 ms'
                                        then 'connected'
                                        else 'disconnected' end as becomes
                            from os_gateways g
                            cross join newest
                            left join lateral (
                                select session_id, bridge_id, disconnected_at
                                from agent_sessions where agent_id = g.agent_id
                                order by epoch desc limit 1) s on true
                            left join bridges b on b.bridge_id = s.bridge_id
                            where g.status <> 'decommissioned'
                              and (g.status <> 'expected' or s.session_id is not null) %s),
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
                        select count(*) from moved
                        """
                                .formatted(
                                        streamSilence.toMillis(), bridgeSilence.toMillis(), which),
                        (row, _) -> row.getInt(1),
                        (Object[]) columns)
                .getFirst();
    }
}
