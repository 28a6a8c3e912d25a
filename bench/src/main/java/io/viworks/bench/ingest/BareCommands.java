package io.viworks.bench.ingest;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.viworks.backplane.Keys;
import io.viworks.bench.Resp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The floor's way of commands: one thread that blocks in XREADGROUP, and a frame on the socket of
 * whoever the record names. Nothing is asked, decided or noted. Thread-safe.
 */
final class BareCommands {
    private final Map<String, Channel> agents = new ConcurrentHashMap<>();

    void joined(String agent, Channel channel) {
        agents.put(agent, channel);
    }

    /** Reads for ever. */
    void start(int redisPort) {
        Thread.ofPlatform()
                .daemon()
                .name("commands")
                .start(() -> {
                    try (Resp redis = new Resp("redis://127.0.0.1:" + redisPort)) {
                        read(redis);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    private void read(Resp redis) throws IOException {
        var _ = redis.ask("XGROUP", "CREATE", Keys.COMMANDS, "floor", "$", "MKSTREAM");
        while (true) {
            Object answer =
                    redis.ask(
                            "XREADGROUP",
                            "GROUP",
                            "floor",
                            "one",
                            "COUNT",
                            500,
                            "BLOCK",
                            1000,
                            "NOACK",
                            "STREAMS",
                            Keys.COMMANDS,
                            ">");
            if (answer instanceof List<?> streams
                    && streams.getFirst() instanceof List<?> stream
                    && stream.get(1) instanceof List<?> entries) {
                entries.forEach(this::deliver);
            }
        }
    }

    private void deliver(@Nullable Object entry) {
        if (entry instanceof List<?> parts && parts.get(1) instanceof List<?> fields) {
            Channel channel = agents.get(value(fields, "agent_id"));
            if (channel != null) {
                String frame =
                        "{\"type\":\"COMMAND\",\"attempt\":1,"
                                + value(fields, "envelope").substring(1);
                var _ =
                        channel.writeAndFlush(
                                new TextWebSocketFrame(
                                        Unpooled.copiedBuffer(frame, StandardCharsets.UTF_8)),
                                channel.voidPromise());
            }
        }
    }

    private static String value(List<?> fields, String name) {
        return String.valueOf(fields.get(fields.indexOf(name) + 1));
    }
}
