package io.viworks.telemetry;

import io.viworks.telemetry.HelloBatch.Greeting;
import io.viworks.telemetry.HelloBatch.Refusal;
import io.viworks.telemetry.Sql.Column;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What agents say of themselves, in {@code os_gateways}. Thread-safe. */
final class Inventory {
    private final Sql sql;

    Inventory(Sql sql) {
        this.sql = sql;
    }

    /**
     * Takes over what the newest HELLO of each agent says.
     *
     * @param greetings by agent and mark
     * @return how many of them were newer than what was known
     */
    int greet(List<Greeting> greetings) {
        if (greetings.isEmpty()) {
            return 0;
        }
        Map<String, Greeting> newest = new TreeMap<>();
        greetings.forEach(greeting -> newest.put(greeting.agent(), greeting));
        int fresh = countFresh(greetings);
        List<Greeting> rows = List.copyOf(newest.values());
        sql.update(
                """
                insert into os_gateways as g
                    (agent_id, reported_site, reported_labels, hostname, version, instance_uid,
                     capabilities, supported_verbs, features, max_concurrency, metadata, auth,
                     credential, boot_id, first_seen, last_seen, status, epoch, n)
                select id, site, labels::jsonb, hostname, version, instance::uuid,
                       capabilities::jsonb, verbs::jsonb, features::jsonb, concurrency,
                       metadata::jsonb, auth, credential, boot, at, at, 'expected', epoch, n
                from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::timestamptz[], ?, ?)
                    r (id, site, labels, hostname, version, instance, capabilities, verbs, features,
                       concurrency, metadata, auth, credential, boot, at, epoch, n)
                on conflict (agent_id) do update set
                    reported_site = excluded.reported_site,
                    reported_labels = excluded.reported_labels, hostname = excluded.hostname,
                    version = excluded.version, instance_uid = excluded.instance_uid,
                    capabilities = excluded.capabilities,
                    supported_verbs = excluded.supported_verbs, features = excluded.features,
                    max_concurrency = excluded.max_concurrency, metadata = excluded.metadata,
                    auth = excluded.auth, credential = excluded.credential,
                    boot_id = excluded.boot_id,
                    first_seen = coalesce(g.first_seen, excluded.first_seen),
                    last_seen = greatest(g.last_seen, excluded.last_seen),
                    clock_skew_ms = null, epoch = excluded.epoch, n = excluded.n
                where (excluded.epoch, excluded.n) > (g.epoch, g.n)
                """,
                Column.of("text", rows, Greeting::agent),
                Column.of("text", rows, row -> row.frame().site()),
                Column.of("text", rows, row -> Json.of(row.frame().labels())),
                Column.of("text", rows, row -> row.frame().hostname()),
                Column.of("text", rows, row -> row.frame().version()),
                Column.of(
                        "text",
                        rows,
                        row ->
                                row.frame().instanceUid() == null
                                        ? null
                                        : row.frame().instanceUid().toString()),
                Column.of("text", rows, row -> Json.of(row.frame().capabilities())),
                Column.of("text", rows, row -> Json.of(row.frame().verbs())),
                Column.of(
                        "text",
                        rows,
                        row -> Json.of(row.frame().features().stream().sorted().toList())),
                Column.of("int4", rows, row -> row.frame().maxConcurrency()),
                Column.of("text", rows, row -> row.frame().metadata().toString()),
                Column.of("text", rows, row -> row.record().auth().name().toLowerCase(Locale.ROOT)),
                Column.of("text", rows, row -> row.record().credential()),
                Column.of("text", rows, row -> row.frame().bootId()),
                Column.of("text", rows, row -> row.record().ts()),
                Column.of("int8", rows, row -> row.mark().epoch()),
                Column.of("int8", rows, row -> row.mark().n()));
        return fresh;
    }

    private int countFresh(List<Greeting> greetings) {
        return sql.query(
                        """
                        select count(distinct (r.id, r.epoch, r.n)) from unnest(?, ?, ?) r (id, epoch, n)
                        left join os_gateways g on g.agent_id = r.id
                        where g.agent_id is null or (r.epoch, r.n) > (g.epoch, g.n)
                        """,
                        (row, _) -> row.getInt(1),
                        Column.of("text", greetings, Greeting::agent),
                        Column.of("int8", greetings, row -> row.mark().epoch()),
                        Column.of("int8", greetings, row -> row.mark().n()))
                .getFirst();
    }

    /**
     * Notes handshakes that were refused after their MAC was found valid: an event, and for a clock
     * that is off its skew, which stands until the gateway gets in again.
     *
     * @return how many were not noted before
     */
    int refuse(List<Refusal> refusals) {
        if (refusals.isEmpty()) {
            return 0;
        }
        Column agents = Column.of("text", refusals, row -> row.record().agentId().value());
        sql.update(
                """
                update os_gateways g set clock_skew_ms = r.skew
                from (select distinct on (id) id, skew, at
                      from unnest(?, ?, ?::timestamptz[]) u (id, skew, at)
                      where skew is not null order by id, at desc) r
                where g.agent_id = r.id and g.clock_skew_ms is distinct from r.skew
                  and not exists (select from agent_sessions s
                                  where s.agent_id = r.id and s.connected_at > r.at)
                """,
                agents,
                Column.of("int8", refusals, row -> row.record().skewMs()),
                Column.of("text", refusals, row -> row.record().ts()));
        return sql.update(
                """
                insert into agent_events (type, agent_id, payload, ts)
                select 'handshake_refused', r.id,
                       jsonb_strip_nulls(jsonb_build_object(
                           'code', r.code, 'skew_ms', r.skew, 'ip', r.ip, 'record', r.record)), r.at
                from unnest(?, ?, ?, ?, ?, ?::timestamptz[]) r (id, code, skew, ip, record, at)
                where not exists (select from agent_events e
                                  where e.agent_id = r.id and e.type = 'handshake_refused'
                                    and e.payload ->> 'record' = r.record)
                """,
                agents,
                Column.of("text", refusals, row -> row.record().code()),
                Column.of("int8", refusals, row -> row.record().skewMs()),
                Column.of("text", refusals, row -> row.record().ip()),
                Column.of("text", refusals, Refusal::id),
                Column.of("text", refusals, row -> row.record().ts()));
    }
}
