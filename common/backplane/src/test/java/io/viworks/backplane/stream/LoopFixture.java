package io.viworks.backplane.stream;

import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.lettuce.core.resource.Transports;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.viworks.backplane.Answers;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Samples;
import io.viworks.backplane.Users;
import io.viworks.testkit.TestRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A stream of telemetry, loops that read it as the telemetry-writer, and what they count. */
final class LoopFixture implements AutoCloseable {
    static final String STREAM = Keys.TELEMETRY;
    static final String GROUP = Keys.GROUP_TELEMETRY_WRITER;

    /** The measures of the spec, made short. */
    static final LoopOptions QUICK =
            new LoopOptions(
                    1,
                    8,
                    Duration.ofMillis(100),
                    Duration.ofMillis(600),
                    Duration.ofMillis(100),
                    Duration.ofMillis(150),
                    Duration.ofMillis(10),
                    Duration.ofMillis(80),
                    3,
                    Duration.ofMillis(50),
                    Duration.ofMillis(700),
                    Duration.ofSeconds(3));

    /**
     * The same for two consumers of which neither may take from the other what it holds: not even
     * when a busy machine lets the one that holds wait for seconds before it says so again.
     */
    static final LoopOptions PATIENT =
            new LoopOptions(
                    1,
                    QUICK.batch(),
                    QUICK.block(),
                    Duration.ofSeconds(4),
                    QUICK.takeOverEvery(),
                    QUICK.keepEvery(),
                    QUICK.firstPause(),
                    QUICK.longestPause(),
                    QUICK.tries(),
                    QUICK.surveyEvery(),
                    Duration.ofSeconds(5),
                    QUICK.closeWait());

    final TestRedis redis;
    final RedisConnections connections;
    final MeterRegistry meters = new SimpleMeterRegistry();
    final RedisCommands<String, byte[]> raw;
    private final RedisClient client;
    private final StreamWriter writer;
    private final Deque<ConsumerLoop<?>> loops = new ArrayDeque<>();
    private @Nullable EventLoop eventLoop;

    LoopFixture(TestRedis redis, String url) {
        this.redis = redis;
        this.connections = RedisConnections.open(url, "loop-test");
        this.client = RedisClient.create(redis.url());
        StatefulRedisConnection<String, byte[]> connection =
                client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
        this.raw = connection.sync();
        this.writer = new StreamWriter(connections, meters);
    }

    static LoopFixture onShared() {
        TestRedis redis = TestRedis.shared();
        return new LoopFixture(redis, Users.url(redis, Service.TELEMETRY_WRITER));
    }

    String write(long n) {
        return Answers.await(writer.append(STREAM, Samples.telemetry(n)));
    }

    void write(long from, long to) {
        for (long n = from; n <= to; n++) {
            write(n);
        }
    }

    ConsumerLoop<StreamRecord.OfTelemetry> start(
            String consumer, BatchHandler<StreamRecord.OfTelemetry> handler) {
        return start(consumer, handler, _ -> {}, QUICK);
    }

    ConsumerLoop<StreamRecord.OfTelemetry> start(
            String consumer,
            BatchHandler<StreamRecord.OfTelemetry> handler,
            SetAsideHook<StreamRecord.OfTelemetry> hook,
            LoopOptions options) {
        return start(consumer, handler, hook, options, null);
    }

    /** One that reads on the {@link #eventLoop()}, and takes from nobody what is kept. */
    ConsumerLoop<StreamRecord.OfTelemetry> startOnEventLoop(
            BatchHandler<StreamRecord.OfTelemetry> handler) {
        return start("a", handler, _ -> {}, PATIENT, eventLoop());
    }

    private ConsumerLoop<StreamRecord.OfTelemetry> start(
            String consumer,
            BatchHandler<StreamRecord.OfTelemetry> handler,
            SetAsideHook<StreamRecord.OfTelemetry> hook,
            LoopOptions options,
            @Nullable EventLoop on) {
        ConsumerLoop<StreamRecord.OfTelemetry> loop =
                new ConsumerLoop<>(
                        connections, subscribed(consumer), handler, hook, options, meters, on);
        loop.start();
        loops.push(loop);
        return loop;
    }

    static Subscription<StreamRecord.OfTelemetry> subscribed(String consumer) {
        return new Subscription<>(STREAM, GROUP, consumer, StreamRecord.OfTelemetry.class);
    }

    /** One that has joined, as those of sessions have. */
    EventLoop eventLoop() {
        EventLoop made = eventLoop;
        if (made == null) {
            // As Lettuce chooses its channels.
            made =
                    ((EventLoopGroup)
                                    DefaultEventLoopGroupProvider.createEventLoopGroup(
                                            Transports.eventLoopGroupClass(), 1))
                            .next();
            EventLoop joining = made;
            joining.execute(() -> connections.join(joining));
            eventLoop = made;
        }
        return made;
    }

    /** The count within the session, by which these tests know records apart. */
    static long n(Entry<StreamRecord.OfTelemetry> entry) {
        return switch (entry.record()) {
            case StreamRecord.Telemetry telemetry -> telemetry.origin().n();
        };
    }

    double records(String outcome) {
        return meters.counter(
                        "viw.stream.records", "stream", STREAM, "group", GROUP, "outcome", outcome)
                .count();
    }

    double gauge(String name) {
        return meters.get(name).tags("stream", STREAM, "group", GROUP).gauge().value();
    }

    long pending() {
        return raw.xpending(STREAM, GROUP).getCount();
    }

    List<Map<String, String>> deadLetters() {
        return raw.xrange(STREAM + ".dlq", Range.unbounded()).stream()
                .map(message -> {
                    Map<String, String> fields = new LinkedHashMap<>();
                    message.getBody()
                            .forEach((name, value) ->
                                    fields.put(name, new String(value, StandardCharsets.UTF_8)));
                    return fields;
                })
                .toList();
    }

    @Override
    public void close() {
        loops.forEach(ConsumerLoop::close);
        connections.close();
        EventLoop made = eventLoop;
        if (made != null) {
            var _ = made.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(4_000);
        }
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
}
