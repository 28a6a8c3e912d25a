package io.viworks.backplane.directory;

import io.lettuce.core.SetArgs;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisConnections;
import io.viworks.protocol.AgentId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** The nonces of handshakes, shared by all bridges (spec 2.1, check 6). Thread-safe. */
public final class Nonces {
    /** Twice the clock window and a margin. */
    public static final Duration KEPT = Duration.ofMinutes(11);

    private static final byte[] USED = "1".getBytes(StandardCharsets.US_ASCII);

    private final RedisConnections connections;

    public Nonces(RedisConnections connections) {
        this.connections = connections;
    }

    /** Uses a nonce up: true for the first, false for everybody after. */
    public CompletionStage<Boolean> use(AgentId agent, String nonce) {
        return connections
                .ask(redis ->
                        redis.set(Keys.nonce(agent, nonce), USED, SetArgs.Builder.nx().ex(KEPT)))
                .thenApply("OK"::equals);
    }
}
