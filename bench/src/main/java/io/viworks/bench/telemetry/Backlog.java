package io.viworks.bench.telemetry;

import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.bench.Drain;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.SessionId;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What a fleet has reported while nobody read it: every agent once in 30 s, in the order of
 * arrival, so that an agent comes again only after all others.
 *
 * @param epoch of all sessions
 * @param begun arrival of the first
 */
record Backlog(int records, int agents, long epoch, Instant begun) {
    static final Duration EVERY = Duration.ofSeconds(30);

    private static final UUID BRIDGE = UUID.fromString("5f0e3c51-0f44-4c5e-9f8c-6d3e4f5a6b7c");

    /** One that ends about now. */
    static Backlog endingNow(int records, int agents, long epoch) {
        return new Backlog(
                records,
                agents,
                epoch,
                Instant.now()
                        .minus(EVERY.multipliedBy(1 + records / agents))
                        .truncatedTo(ChronoUnit.MINUTES));
    }

    /** One report, as both who drains it and its floor bring it into Postgres. */
    record Report(
            int agent, long n, Instant arrival, double cpu, double mem, double disk, double load) {
        static String agentId(int agent) {
            return "gw-%07d".formatted(agent);
        }

        String agentId() {
            return agentId(agent);
        }

        /** The metrics as a gateway with three services and two containers sends them. */
        String metrics() {
            return """
            {"cpu_pct":%s,"mem_pct":%s,"disk_pct":%s,"load1":%s,"containers_running":2,\
            "services":%s,"containers":%s,"uptime_s":%d,"net_rx_kbps":812.5,"net_tx_kbps":96.25,\
            "temperature_c":47.5,"swap_pct":0,"openvpn_clients":14}\
            """
                    .formatted(cpu, mem, disk, load, SERVICES, CONTAINERS, 86_400 + n * 30);
        }

        byte[] frame() {
            return ("{\"type\":\"TELEMETRY\",\"agent_id\":\""
                            + agentId()
                            + "\",\"ts\":\""
                            + arrival
                            + "\",\"metrics\":"
                            + metrics()
                            + "}")
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    static final String SERVICES =
            "{\"openvpn\":\"active\",\"nginx\":\"active\",\"panel\":\"inactive\"}";

    static final String CONTAINERS =
            """
            [{"id":"3f2b8c1e6a54","name":"panel","image":"panel:1.4","state":"running"},\
            {"id":"9a510c7f7d3c","name":"db","image":"db:17","state":"running"}]\
            """;

    /** The report at a place, from 0. */
    Report report(int place) {
        int agent = place % agents;
        long n = 1L + place / agents;
        long offset = EVERY.toMillis() * place / agents;
        return new Report(
                agent,
                n,
                begun.plusMillis(offset),
                ((place * 7L) % 1000) / 10.0,
                ((place * 13L) % 800) / 10.0,
                ((place * 3L) % 900) / 10.0,
                ((place * 11L) % 400) / 100.0);
    }

    static UUID session(int agent) {
        return new UUID(0x5e55_1010_0000_4000L, 0x8000_0000_0000_0000L | agent);
    }

    static UUID bridge() {
        return BRIDGE;
    }

    /** Writes it before a reader. */
    void fill(Drain drain) throws IOException {
        drain.begin();
        for (int place = 0; place < records; place++) {
            Report report = report(place);
            List<Object> fields = new ArrayList<>();
            RecordFields.of(record(report))
                    .forEach((name, value) -> {
                        fields.add(name);
                        fields.add(value);
                    });
            drain.add(fields);
        }
    }

    private StreamRecord record(Report report) {
        UUID session = session(report.agent());
        return new StreamRecord.Telemetry(
                AgentId.of(report.agentId()),
                report.arrival(),
                new Origin(
                        new BridgeId(BRIDGE),
                        new ConnectionId(session),
                        new SessionId(session),
                        null,
                        epoch,
                        report.n()),
                Bytes.of(report.frame()));
    }
}
