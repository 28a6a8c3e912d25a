package io.viworks.bench.results;

import io.viworks.backplane.stream.Origin;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.bench.Drain;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Commands that have ended at their agents while nobody read it: each acknowledged before, each
 * with one RESULT, the agents in turn.
 *
 * @param turn tells the commands of one from those of another
 * @param at when they ended
 */
record Ended(int results, int agents, int turn, Instant at) {
    static final String VERB = "check_status";

    static final String STDOUT =
            """
            openvpn@server is active (running) since Sat 2026-11-21 09:12:44 UTC; 3h ago\\n\
            clients: 14, up 11400 s, rx 812.5 kB/s, tx 96.2 kB/s\\n\
            nginx is active (running); panel 1.4 answers in 12 ms; disk 48 %, memory 61 %\\n\
            """;

    /** As it is stored: what JSON calls {@code \n} is one character. */
    static final String STORED = STDOUT.replace("\\n", "\n");

    private static final UUID BRIDGE = UUID.fromString("5f0e3c51-0f44-4c5e-9f8c-6d3e4f5a6b7c");

    /** Any order, as random ids have it. */
    private static UUID mixed(long seed) {
        long high = mix(seed * 2);
        long low = mix(seed * 2 + 1);
        return new UUID(
                (high & 0xFFFF_FFFF_FFFF_0FFFL) | 0x4000L,
                (low & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L);
    }

    /** The finalizer of SplitMix64. */
    private static long mix(long seed) {
        long z = seed * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    UUID command(int place) {
        return mixed(1 + place + (long) turn * 100_000_000);
    }

    UUID execution(int place) {
        return mixed(1 + place + (long) turn * 100_000_000 + 50_000_000);
    }

    String agent(int place) {
        return agentId(place % agents);
    }

    static String agentId(int agent) {
        return "gw-%07d".formatted(agent);
    }

    static UUID instance(int agent) {
        return new UUID(0x1057_0000_0000_4000L, 0x8000_0000_0000_0000L | agent);
    }

    private byte[] frame(int place) {
        return ("{\"type\":\"RESULT\",\"agent_id\":\"%s\",\"correlation_id\":\"%s\",\"execution_id\":\"%s\","
                        + "\"status\":\"success\",\"rc\":0,\"stdout\":\"%s\",\"stderr\":\"\","
                        + "\"truncated\":false,\"started_at\":\"%s\",\"finished_at\":\"%s\","
                        + "\"duration_ms\":412}")
                .formatted(agent(place), command(place), execution(place), STDOUT, at, at)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Writes them before a reader. */
    void fill(Drain drain) throws IOException {
        drain.begin();
        for (int place = 0; place < results; place++) {
            List<Object> fields = new ArrayList<>();
            RecordFields.of(record(place))
                    .forEach((name, value) -> {
                        fields.add(name);
                        fields.add(value);
                    });
            drain.add(fields);
        }
    }

    private StreamRecord record(int place) {
        UUID session = instance(place % agents);
        return new StreamRecord.Result(
                AgentId.of(agent(place)),
                at,
                new Origin(
                        new BridgeId(BRIDGE),
                        new ConnectionId(session),
                        new SessionId(session),
                        new InstanceUid(session),
                        1,
                        2L + place / agents),
                Bytes.of(frame(place)));
    }
}
