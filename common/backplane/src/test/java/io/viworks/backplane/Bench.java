package io.viworks.backplane;

import static org.awaitility.Awaitility.await;

import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.backplane.directory.DirectoryProjection;
import io.viworks.backplane.stream.MalformedRecord;
import io.viworks.backplane.stream.RecordFields;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import io.viworks.testkit.TestRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** The shared Redis with services logged in to it, and an operator's hands on it. */
public final class Bench implements AutoCloseable {
    public final TestRedis redis = TestRedis.shared();

    /** As the default user, who may do everything. */
    public final RedisCommands<String, byte[]> raw;

    private final RedisClient client = RedisClient.create(redis.url());
    private final Deque<RedisConnections> open = new ArrayDeque<>();

    public Bench() {
        raw = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
    }

    /** One more process of this service. */
    public RedisConnections login(Service service) {
        RedisConnections connections = Users.open(redis, service);
        open.push(connections);
        return connections;
    }

    /** Projects these as the whole directory; everybody else is unknown, and may have a session. */
    public void project(DirectoryEntry... entries) {
        RedisConnections admin = login(Service.ADMIN_API);
        if (get(new DirectoryProjection(admin).projectAll(List.of(entries))).isEmpty()) {
            throw new IllegalStateException(
                    "Redis lost its memory while the directory was written");
        }
    }

    public static DirectoryEntry entry(AgentId agent, DirectoryEntry.Status status, long rev) {
        return new DirectoryEntry(agent, status, false, List.of(), List.of(), rev);
    }

    /** What stands in this stream, the oldest first. */
    public <R extends StreamRecord> List<R> records(String stream, Class<R> type) {
        return entries(stream).stream().map(message -> read(type, message)).toList();
    }

    public List<StreamMessage<String, byte[]>> entries(String stream) {
        return raw.xrange(stream, Range.unbounded());
    }

    private static <R extends StreamRecord> R read(
            Class<R> type, StreamMessage<String, byte[]> message) {
        try {
            return RecordFields.read(type, message.getId(), message.getBody());
        } catch (MalformedRecord e) {
            throw new IllegalStateException("entry " + message.getId(), e);
        }
    }

    /** Writes an entry as anybody with the Redis right to could. */
    public String add(String stream, Map<String, String> fields) {
        Map<String, byte[]> bytes = new LinkedHashMap<>();
        fields.forEach((name, text) -> bytes.put(name, text.getBytes(StandardCharsets.UTF_8)));
        return raw.xadd(stream, bytes);
    }

    /** Redis forgets its scripts, as after its restart. */
    public void forgetScripts() {
        raw.scriptFlush();
    }

    public static <T> T get(CompletionStage<T> answer) {
        return Answers.await(answer);
    }

    /** Epochs and versions are times: what Redis forgot is surpassed a millisecond later. */
    public static void awaitClockPast(long ms) {
        await().until(() -> Instant.now().toEpochMilli() > ms);
    }

    @Override
    public void close() {
        open.forEach(RedisConnections::close);
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
}
