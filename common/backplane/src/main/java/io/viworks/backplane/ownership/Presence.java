package io.viworks.backplane.ownership;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamBounds;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;

/** Says that this bridge lives: its key and its SEEN record (spec 3.3). Thread-safe. */
public final class Presence {
    /** How long a bridge counts as living without a beat. */
    public static final Duration TTL = Duration.ofSeconds(15);

    /** Between two beats. */
    public static final Duration BEAT_EVERY = Duration.ofSeconds(5);

    private static final Script BEAT = Script.named("beat");

    private final RedisConnections connections;
    private final BridgeId bridge;
    private final String version;
    private final String address;
    private final InstantSource clock;

    /**
     * For one bridge process.
     *
     * @param version of this software, for the table of bridges
     * @param address where its ops endpoints are, for people
     */
    public Presence(
            RedisConnections connections,
            BridgeId bridge,
            String version,
            String address,
            InstantSource clock) {
        this.connections = connections;
        this.bridge = bridge;
        this.version = version;
        this.address = address;
        this.clock = clock;
    }

    /** Says it once; to be called every {@link #BEAT_EVERY}. */
    public CompletionStage<Void> beat() {
        StreamRecord.Seen seen = new StreamRecord.Seen(bridge, clock.instant(), version, address);
        return BEAT.run(
                        connections,
                        Script.keys(Keys.bridge(bridge), Keys.BRIDGES, Keys.AGENT_HELLO),
                        Script.args(
                                Script.args(
                                        bridge, TTL.toMillis(), StreamBounds.HELLO_AND_TELEMETRY),
                                RecordFields.of(seen)))
                .thenAccept(_ -> {});
    }

    /** Takes the key away at a planned end, so that nobody waits for it to expire. */
    public CompletionStage<Void> leave() {
        return connections.ask(redis -> redis.del(Keys.bridge(bridge))).thenAccept(_ -> {});
    }
}
