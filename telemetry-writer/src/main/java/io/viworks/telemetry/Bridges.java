package io.viworks.telemetry;

import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import io.viworks.telemetry.Sql.Column;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * When each bridge was last heard of, in {@code bridges}. Whatever a bridge writes is a sign of its
 * life; the time is Redis's, so that bridges whose clocks differ are measured alike. Thread-safe.
 */
final class Bridges {
    private final Sql sql;

    Bridges(Sql sql) {
        this.sql = sql;
    }

    /** A sign of life; only SEEN says more than that. */
    private record Sign(
            String bridge, Instant at, @Nullable String version, @Nullable String address) {
        static Sign of(Entry<StreamRecord.OfHello> entry) {
            Instant at = timeOf(entry.id());
            return switch (entry.record()) {
                case StreamRecord.Seen seen ->
                        new Sign(text(seen.bridgeId()), at, seen.version(), seen.address());
                case StreamRecord.Hello hello -> bare(hello.origin().bridgeId(), at);
                case StreamRecord.Gone gone -> bare(gone.origin().bridgeId(), at);
                case StreamRecord.Refused refused -> bare(refused.bridgeId(), at);
            };
        }

        private static Sign bare(BridgeId bridge, Instant at) {
            return new Sign(text(bridge), at, null, null);
        }

        private static String text(BridgeId bridge) {
            return bridge.toString();
        }

        /** The later of both, knowing what either knows. */
        Sign and(Sign other) {
            boolean isLater = !at.isBefore(other.at);
            Sign later = isLater ? this : other;
            Sign earlier = isLater ? other : this;
            return new Sign(
                    bridge,
                    later.at,
                    later.version == null ? earlier.version : later.version,
                    later.address == null ? earlier.address : later.address);
        }
    }

    /**
     * Notes these signs of life.
     *
     * @return how many SEEN among them were news
     */
    int seen(List<Entry<StreamRecord.OfHello>> batch) {
        Map<String, Sign> last = new TreeMap<>();
        batch.forEach(entry -> {
            Sign sign = Sign.of(entry);
            last.merge(sign.bridge(), sign, Sign::and);
        });
        List<Sign> rows = List.copyOf(last.values());
        Map<String, Instant> before = known(rows);
        sql.update(
                """
                insert into bridges as b (bridge_id, first_seen, last_seen, version, address)
                select id::uuid, at, at, version, address
                from unnest(?, ?::timestamptz[], ?, ?) r (id, at, version, address)
                on conflict (bridge_id) do update set
                    last_seen = excluded.last_seen,
                    version = coalesce(excluded.version, b.version),
                    address = coalesce(excluded.address, b.address)
                where excluded.last_seen > b.last_seen
                """,
                Column.of("text", rows, Sign::bridge),
                Column.of("text", rows, Sign::at),
                Column.of("text", rows, Sign::version),
                Column.of("text", rows, Sign::address));
        Set<Sign> news = new HashSet<>();
        for (Entry<StreamRecord.OfHello> entry : batch) {
            Sign sign = Sign.of(entry);
            if (entry.record() instanceof StreamRecord.Seen
                    && sign.at().isAfter(before.getOrDefault(sign.bridge(), Instant.MIN))) {
                news.add(sign);
            }
        }
        return news.size();
    }

    private Map<String, Instant> known(List<Sign> rows) {
        Map<String, Instant> known = new TreeMap<>();
        sql.query(
                "select bridge_id, last_seen from bridges where bridge_id = any (?::uuid[])",
                (row, _) -> known.put(row.getString(1), row.getTimestamp(2).toInstant()),
                Column.of("text", rows, Sign::bridge));
        return known;
    }

    /** The time in a stream id, {@code ms-seq}. */
    static Instant timeOf(String id) {
        return Instant.ofEpochMilli(Long.parseLong(id, 0, id.indexOf('-'), 10));
    }
}
