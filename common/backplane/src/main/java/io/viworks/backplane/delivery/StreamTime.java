package io.viworks.backplane.delivery;

import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.protocol.Bytes;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/**
 * The time, by Redis's clock, up to which every record of {@code viw.command_results} has been
 * handled (spec 3.4): a writer's own lag must not have the world sent again. Thread-safe.
 */
public final class StreamTime {
    private static final Script STREAM_TIME = Script.named("stream-time");

    private final RedisConnections connections;

    public StreamTime(RedisConnections connections) {
        this.connections = connections;
    }

    /** Now, when nothing waits; else the time of the oldest record not handled. */
    public CompletionStage<Instant> handledUpTo() {
        return handledUpTo(Keys.COMMAND_RESULTS, Keys.GROUP_RESULTS_WRITER);
    }

    /** The same of what telemetry-writer reads. */
    public CompletionStage<Instant> telemetryHandledUpTo() {
        return handledUpTo(Keys.TELEMETRY, Keys.GROUP_TELEMETRY_WRITER);
    }

    private CompletionStage<Instant> handledUpTo(String stream, String group) {
        return STREAM_TIME
                .run(connections, Script.keys(stream), Script.args(group))
                .thenApply(reply -> Instant.ofEpochMilli(Script.number(reply, 0)));
    }

    /** Now, by the same clock. */
    public CompletionStage<Instant> now() {
        return connections
                .ask(redis -> redis.time())
                .thenApply(time ->
                        Instant.ofEpochSecond(
                                Long.parseLong(Bytes.of(time.get(0)).utf8()),
                                1_000 * Long.parseLong(Bytes.of(time.get(1)).utf8())));
    }
}
