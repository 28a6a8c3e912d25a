package io.viworks.telemetry;

import io.viworks.backplane.stream.StreamRecord;
import io.viworks.telemetry.HelloBatch.Greeting;
import io.viworks.telemetry.Sql.Column;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The lives of connections, in {@code agent_sessions}. Two writers may bring the HELLO and the GONE
 * of one session in either order. Thread-safe.
 */
final class Sessions {
    private final Sql sql;

    Sessions(Sql sql) {
        this.sql = sql;
    }

    /**
     * Opens the sessions of these HELLOs, unless their end is known already; a session claimed
     * again after Redis forgot it gets its new epoch. All but the newest session of these agents
     * are over now, whether a GONE tells so or not.
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
                    epoch = excluded.epoch, boot_id = excluded.boot_id,
                    remote_ip = excluded.remote_ip, version = excluded.version,
                    connected_at = least(s.connected_at, excluded.connected_at),
                    disconnected_at =
                        case when s.epoch = excluded.epoch then s.disconnected_at end,
                    close_code = case when s.epoch = excluded.epoch then s.close_code end,
                    reason = case when s.epoch = excluded.epoch then s.reason end
                where excluded.epoch > s.epoch
                   or (excluded.epoch = s.epoch and s.remote_ip is null)
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
                set disconnected_at = greatest(s.connected_at, newer.connected_at),
                    reason = 'superseded'
                from (select distinct on (agent_id) agent_id, epoch, connected_at
                      from agent_sessions where agent_id = any (?)
                      order by agent_id, epoch desc) newer
                where s.agent_id = newer.agent_id and s.epoch < newer.epoch
                  and s.disconnected_at is null
                """,
                agentsOf(greetings));
    }

    /**
     * The clone rule (spec 3.5): a {@code boot_id} that comes back after another had displaced it,
     * within 24 h, is two live processes under one id. Seen as: more changes of {@code boot_id}
     * than there are of them. What was before an admin's all-clear does not count.
     *
     * @return those that were not suspected before
     */
    List<String> suspectClones(List<Greeting> greetings) {
        List<Greeting> booted =
                greetings.stream().filter(greeting -> greeting.frame().bootId() != null).toList();
        if (booted.isEmpty()) {
            return List.of();
        }
        return sql.query(
                """
                with latest as (
                    select s.agent_id, max(s.connected_at) as at,
                           coalesce(max(g.clone_cleared_at), '-infinity') as cleared
                    from agent_sessions s join os_gateways g using (agent_id)
                    where s.agent_id = any (?) and not g.clone_suspected
                    group by s.agent_id),
                boots as (
                    select s.agent_id, s.boot_id,
                           s.boot_id is distinct from lag(s.boot_id) over (
                               partition by s.agent_id order by s.epoch) as another
                    from agent_sessions s join latest using (agent_id)
                    where s.boot_id is not null and s.connected_at > latest.cleared
                      and s.connected_at > latest.at - interval '24 hours'),
                suspects as (
                    select agent_id, jsonb_agg(distinct boot_id) as boot_ids
                    from boots group by agent_id
                    having count(*) filter (where another) > count(distinct boot_id)),
                marked as (
                    update os_gateways g set clone_suspected = true
                    from suspects where g.agent_id = suspects.agent_id and not g.clone_suspected
                    returning g.agent_id, suspects.boot_ids),
                told as (
                    insert into agent_events (type, agent_id, payload)
                    select 'clone_suspected', agent_id, jsonb_build_object('boot_ids', boot_ids)
                    from marked)
                select agent_id from marked
                """,
                (row, _) -> row.getString(1),
                agentsOf(booted));
    }

    private static Column agentsOf(List<Greeting> greetings) {
        return Column.of(
                "text",
                greetings.stream().map(Greeting::agent).distinct().toList(),
                agent -> agent);
    }

    /**
     * Ends sessions; the late end of an older one changes nothing else. An end that is read before
     * its HELLO is kept.
     *
     * @return how many of them were news
     */
    int end(List<StreamRecord.Gone> ends) {
        if (ends.isEmpty()) {
            return 0;
        }
        return sql.update(
                """
                insert into agent_sessions as s
                    (session_id, agent_id, bridge_id, conn_id, epoch, connected_at,
                     disconnected_at, close_code, reason)
                select distinct on (session) session::uuid, id, bridge::uuid, conn::uuid, epoch, at,
                       at, code, reason
                from unnest(?, ?, ?, ?, ?, ?::timestamptz[], ?, ?)
                    r (session, id, bridge, conn, epoch, at, code, reason)
                order by session, epoch desc
                on conflict (session_id) do update set
                    epoch = excluded.epoch, disconnected_at = excluded.disconnected_at,
                    close_code = excluded.close_code, reason = excluded.reason
                where s.epoch <= excluded.epoch
                  and (s.disconnected_at is null or s.close_code is null)
                """,
                Column.of("text", ends, row -> row.origin().sessionId().toString()),
                Column.of("text", ends, row -> row.agentId().value()),
                Column.of("text", ends, row -> row.origin().bridgeId().toString()),
                Column.of("text", ends, row -> row.origin().connId().toString()),
                Column.of("int8", ends, row -> row.origin().epoch()),
                Column.of("text", ends, StreamRecord.Gone::ts),
                Column.of("int4", ends, StreamRecord.Gone::closeCode),
                Column.of("text", ends, StreamRecord.Gone::reason));
    }
}
