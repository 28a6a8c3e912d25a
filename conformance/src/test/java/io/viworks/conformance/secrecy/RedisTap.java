package io.viworks.conformance.secrecy;

import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Everything Redis holds, and everything anybody said to it since this was opened. */
final class RedisTap implements AutoCloseable {
    private final RedisClient client;
    private final RedisCommands<String, byte[]> redis;
    private final Socket monitor;
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    RedisTap(String url) throws IOException {
        RedisURI uri = RedisURI.create(url);
        client = RedisClient.create(uri);
        redis = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
        monitor = new Socket(uri.getHost(), uri.getPort());
        String userInfo = URI.create(url).getUserInfo();
        String password = userInfo == null ? "" : userInfo.substring(userInfo.indexOf(':') + 1);
        String login = password.isEmpty() ? "" : "AUTH " + password + "\r\n";
        monitor.getOutputStream().write((login + "MONITOR\r\n").getBytes(StandardCharsets.UTF_8));
        Thread _ = Thread.ofPlatform().daemon().name("monitor").start(this::listen);
    }

    private void listen() {
        byte[] piece = new byte[65_536];
        try (InputStream in = monitor.getInputStream()) {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                synchronized (said) {
                    said.write(piece, 0, read);
                }
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    /** What was said, as {@code MONITOR} writes it. */
    byte[] said() {
        synchronized (said) {
            return said.toByteArray();
        }
    }

    /** Every key with its name and all that is in it. */
    Map<String, byte[]> keys() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            var page = redis.scan(cursor, ScanArgs.Builder.limit(1_000));
            page.getKeys().forEach(key -> all.put(key, content(key)));
            cursor = page;
        } while (!cursor.isFinished());
        return all;
    }

    private byte[] content(String key) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        put(out, key.getBytes(StandardCharsets.UTF_8));
        switch (redis.type(key)) {
            case "string" -> put(out, redis.get(key));
            case "hash" -> redis.hgetall(key).forEach((field, value) -> put(out, field, value));
            case "list" -> redis.lrange(key, 0, -1).forEach(value -> put(out, value));
            case "set" -> redis.smembers(key).forEach(value -> put(out, value));
            case "zset" -> redis.zrange(key, 0, -1).forEach(value -> put(out, value));
            case "stream" ->
                    redis.xrange(key, Range.unbounded())
                            .forEach(message ->
                                    message.getBody()
                                            .forEach((field, value) -> put(out, field, value)));
            case "none" -> {} // it has ended since it was listed
            default -> throw new IllegalStateException(key + " is of an unknown type");
        }
        return out.toByteArray();
    }

    private static void put(ByteArrayOutputStream out, String field, byte[] value) {
        put(out, field.getBytes(StandardCharsets.UTF_8));
        put(out, value);
    }

    private static void put(ByteArrayOutputStream out, byte[] value) {
        if (value != null) {
            try {
                out.write(value);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            out.write(' ');
        }
    }

    RedisCommands<String, byte[]> redis() {
        return redis;
    }

    @Override
    public void close() {
        try {
            monitor.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        client.close();
    }
}
