package io.viworks.telemetry;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.telemetry.HelloBatch.Greeting;
import io.viworks.telemetry.Sql.Column;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The lives of connections, in {@code agent_sessions}, and of {@code bridges}. Thread-safe. */
final class Sessions {
    private final Sql sql;

    Sessions(Sql sql) {
        this.sql = sql;
    }

    /** Notes that bridges live. */
    int seen(List<StreamRecord.Seen> beats) {
        if (beats.isEmpty()) {
            return 0;
        }
        Map<String, StreamRecord.Seen> last = new TreeMap<>();
        beats.stream()
                .sorted(Comparator.comparing(StreamRecord.Seen::ts))
                .forEach(beat -> last.put(beat.bridgeId().toString(), beat));
        List<StreamRecord.Seen> rows = List.copyOf(last.values());
        int moved =
                sql.update(
                        """
                        insert into bridges as b (bridge_id, first_seen, last_seen, version, address)
                        select id::uuid, at, at, version, address
                        from unnest(?, ?::timestamptz[], ?, ?) r (id, at, version, address)
                        on conflict (bridge_id) do update set
                            last_seen = excluded.last_seen, version = excluded.version,
                            address = excluded.address
                        where excluded.last_seen > b.last_seen
                        """,
                        Column.of("text", rows, row -> row.bridgeId().toString()),
                        Column.of("text", rows, StreamRecord.Seen::ts),
                        Column.of("text", rows, StreamRecord.Seen::version),
                        Column.of("text", rows, StreamRecord.Seen::address));
        return moved == 0 ? 0 : beats.size() - rows.size() + moved;
    }

    /**
     * Opens the sessions of these HELLOs; a session claimed again after Redis forgot it gets its
     * new epoch. Older sessions of the same agents that nobody ended are over now.
     */
    void open(List<Greeting> greetings) {
        if (greetings.isEmpty()) {
            return;
        }
        Map<String, Greeting> bySession = new TreeMap<>();
        greetings.forEach(greeting ->
                bySession.put(greeting.record().origin().sessionId().toString(), greeting));
        List<Greeting> rows = List.copyOf(bySession.values());
        sql.update(
                """
                insert into agent_sessions as s
                    (session_id, agent_id, bridge_id, conn_id, epoch, boot_id, connected_at,
                     last_heartbeat_at, remote_ip, version)
                select session::uuid, id, bridge::uuid, conn::uuid, epoch, boot, at, at, ip, version
                from unnest(?, ?, ?, ?, ?, ?, ?::timestamptz[], ?, ?)
                    r (session, id, bridge, conn, epoch, boot, at, ip, version)
                on conflict (session_id) do update set
                    epoch = excluded.epoch, disconnected_at = null, close_code = null, reason = null
                where excluded.epoch > s.epoch
                """,
                Column.of("text", rows, row -> row.record().origin().sessionId().toString()),
                Column.of("text", rows, Greeting::agent),
                Column.of("text", rows, row -> row.record().origin().bridgeId().toString()),
                Column.of("text", rows, row -> row.record().origin().connId().toString()),
                Column.of("int8", rows, row -> row.mark().epoch()),
                Column.of("text", rows, row -> row.frame().bootId()),
                Column.of("text", rows, row -> row.record().ts()),
                Column.of("text", rows, row -> row.record().ip()),
                Column.of("text", rows, row -> row.frame().version()));
        sql.update(
                """
                update agent_sessions s
                set disconnected_at = newer.at, reason = 'superseded'
                from (select id, max(epoch) epoch, max(at) at
                      from unnest(?, ?, ?::timestamptz[]) r (id, epoch, at) group by id) newer
                where s.agent_id = newer.id and s.epoch < newer.epoch and s.disconnected_at is null
                """,
                Column.of("text", greetings, Greeting::agent),
                Column.of("int8", greetings, row -> row.mark().epoch()),
                Column.of("text", greetings, row -> row.record().ts()));
    }

    /**
     * The clone rule (spec 3.5): a {@code boot_id} that comes back after another had displaced it,
     * within 24 h, is two live processes under one id.
     */
    void suspectClones(List<Greeting> greetings) {
        List<Greeting> booted =
                greetings.stream().filter(greeting -> greeting.frame().bootId() != null).toList();
        if (booted.isEmpty()) {
            return;
        }
        sql.update(
                """
                with suspects as (
                    update os_gateways g set clone_suspected = true
                    from unnest(?, ?, ?, ?::timestamptz[]) h (id, boot, epoch, at)
                    where g.agent_id = h.id and not g.clone_suspected
                      and exists (
                          select from agent_sessions b
                          join agent_sessions a on a.agent_id = b.agent_id and a.epoch < b.epoch
                          where b.agent_id = h.id and b.epoch < h.epoch
                            and b.boot_id <> h.boot and a.boot_id = h.boot
                            and a.connected_at > h.at - interval '24 hours'
                            and a.connected_at > coalesce(g.clone_cleared_at, '-infinity'))
                    returning g.agent_id, h.boot)
                insert into agent_events (type, agent_id, payload)
                select distinct on (agent_id) 'clone_suspected', agent_id,
                       jsonb_build_object('boot_id', boot)
                from suspects
                """,
                Column.of("text", booted, Greeting::agent),
                Column.of("text", booted, row -> row.frame().bootId()),
                Column.of("int8", booted, row -> row.mark().epoch()),
                Column.of("text", booted, row -> row.record().ts()));
    }

    /** Ends sessions; the late end of an older one changes nothing else. */
    int end(List<StreamRecord.Gone> ends) {
        if (ends.isEmpty()) {
            return 0;
        }
        return sql.update(
                """
                update agent_sessions s
                set disconnected_at = r.at, close_code = r.code, reason = r.reason
                from (select distinct on (session) *
                      from unnest(?, ?, ?::timestamptz[], ?, ?) u (session, epoch, at, code, reason)
                      order by session, epoch desc) r
                where s.session_id = r.session::uuid and s.epoch <= r.epoch
                  and (s.disconnected_at is null or s.reason = 'superseded')
                """,
                Column.of("text", ends, row -> row.origin().sessionId().toString()),
                Column.of("int8", ends, row -> row.origin().epoch()),
                Column.of("text", ends, StreamRecord.Gone::ts),
                Column.of("int4", ends, StreamRecord.Gone::closeCode),
                Column.of("text", ends, StreamRecord.Gone::reason));
    }
}
