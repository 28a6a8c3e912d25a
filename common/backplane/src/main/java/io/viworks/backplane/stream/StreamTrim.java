package io.viworks.backplane.stream;

import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Trims a stream behind its readers: up to the least of what any group has pending or was last
 * given, and not at all while an expected group is missing (spec 3.1). Thread-safe.
 */
public final class StreamTrim {
    private static final Script TRIM = Script.named("trim");

    private final RedisConnections connections;

    public StreamTrim(RedisConnections connections) {
        this.connections = connections;
    }

    /**
     * Trims once.
     *
     * @param expected groups that must have read an entry before it may go
     * @return how many entries went
     */
    public CompletionStage<Long> trim(String stream, List<String> expected) {
        return TRIM.run(connections, Script.keys(stream), Script.args(expected.toArray()))
                .thenApply(reply -> Script.number(reply, 0));
    }
}
