package io.viworks.backplane.delivery;

import io.viworks.backplane.Keys;
import io.viworks.backplane.Lives;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Script;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.BridgeId;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Writes command records, each stamped in the same script with the life of the memory it is written
 * into (spec 3.3, 3.4). Thread-safe, never blocks.
 */
public final class CommandSender {
    private static final Script SEND = Script.named("send");

    private final RedisConnections connections;

    public CommandSender(RedisConnections connections) {
        this.connections = connections;
    }

    /**
     * Through the public door: any bridge reads it and passes it on.
     *
     * @return the record's id; a {@link io.viworks.backplane.WorldAway} that is {@code unsent()}
     *     means that certainly no copy is out
     */
    public CompletionStage<String> send(StreamRecord.Command command) {
        return send(Keys.COMMANDS, "", command);
    }

    /** Straight to one bridge. */
    public CompletionStage<String> send(BridgeId bridge, StreamRecord.OfCommands record) {
        return send(Keys.commandsOf(bridge), bridge.toString(), record);
    }

    private CompletionStage<String> send(
            String stream, String bridge, StreamRecord.OfCommands record) {
        boolean stamped = record instanceof StreamRecord.Command;
        List<byte[]> args = Script.args(bridge, stamped ? Lives.candidate() : "");
        return SEND.run(
                        connections,
                        Script.keys(stream, Keys.LIFE, Keys.BRIDGES),
                        Script.args(args, RecordFields.of(unstamped(record))))
                .thenApply(reply -> Script.text(reply, 0));
    }

    /** A life from elsewhere must not stand beside the one the script stamps. */
    private static StreamRecord unstamped(StreamRecord.OfCommands record) {
        return record instanceof StreamRecord.Command c
                ? StreamRecord.Command.unsent(
                        c.agentId(),
                        c.ts(),
                        c.correlationId(),
                        c.attempt(),
                        c.instanceUid(),
                        c.payload(),
                        c.traceparent())
                : record;
    }
}
