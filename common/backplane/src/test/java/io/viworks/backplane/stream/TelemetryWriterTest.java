package io.viworks.backplane.stream;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.lettuce.core.resource.Transports;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.Samples;
import io.viworks.backplane.WorldAway;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.ConnectionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.SessionId;
import io.viworks.testkit.TcpProxy;
import io.viworks.testkit.TestRedis;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TelemetryWriterTest {
    private static final long ROOM = 32L << 20;
    private static final Bytes FRAME = Bytes.utf8("{\"type\":\"TELEMETRY\",\"größe\":\"\r\n$3\"}");

    private final Bench bench = new Bench();
    private final RedisConnections connections = bench.login(Service.AGENT_BRIDGE);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<TelemetryLane.Outcome> ends = new CopyOnWriteArrayList<>();

    /** As Lettuce chooses its channels. */
    private final EventLoopGroup loops =
            (EventLoopGroup)
                    DefaultEventLoopGroupProvider.createEventLoopGroup(
                            Transports.eventLoopGroupClass(), 1);

    /** Records added; of the one loop. */
    private long added;

    @BeforeEach
    void empty() {
        bench.raw.del(Keys.TELEMETRY);
    }

    @AfterEach
    void close() {
        bench.close();
        var _ = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(4_000);
    }

    private static Origin origin(@Nullable InstanceUid instance, long n) {
        return new Origin(
                new BridgeId(new UUID(1, 1)),
                new ConnectionId(new UUID(2, 2)),
                new SessionId(new UUID(3, 3)),
                instance,
                1_700_000_000_000L,
                n);
    }

    private TelemetryWriter writer(RedisConnections redis, long room) {
        return new TelemetryWriter(redis, meters, room, ends::add);
    }

    /** Adds records in one turn of the loop; what was added is counted on. */
    private void add(TelemetryWriter writer, Origin origin, int count, Bytes frame) {
        TelemetryHead head = TelemetryHead.of(Samples.AGENT, origin);
        EventLoop loop = loops.next();
        boolean _ =
                loop.submit(
                                () -> {
                                    TelemetryLane lane = writer.lane(loop);
                                    for (int i = 0; i < count; i++) {
                                        lane.add(head, Samples.TS, ++added, frame);
                                    }
                                })
                        .awaitUninterruptibly(10_000);
    }

    private int sum(ToIntFunction<TelemetryLane.Outcome> what) {
        return ends.stream().mapToInt(what).sum();
    }

    private int told() {
        return sum(end -> end.written() + end.away() + end.refused() + end.full());
    }

    private double underway() {
        return meters.get("viw.stream.telemetry.underway").gauge().value();
    }

    private static List<Long> counts(TestRedis redis) {
        RedisClient client = RedisClient.create(redis.url());
        try (var connection = client.connect()) {
            return connection.sync().xrange(Keys.TELEMETRY, Range.unbounded()).stream()
                    .map(entry -> Long.parseLong(entry.getBody().get(Fields.N)))
                    .toList();
        } finally {
            client.shutdown(0, 0, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void writesWhatASingleAppendWouldFieldByField(boolean journal) throws Exception {
        InstanceUid instance = journal ? new InstanceUid(new UUID(4, 4)) : null;
        var _ =
                get(
                        new StreamWriter(connections, meters)
                                .append(
                                        Keys.TELEMETRY,
                                        new StreamRecord.Telemetry(
                                                Samples.AGENT,
                                                Samples.TS,
                                                origin(instance, 1),
                                                FRAME)));
        try (TelemetryWriter writer = writer(connections, ROOM)) {
            add(writer, origin(instance, 0), 1, FRAME);
            await().until(() -> sum(TelemetryLane.Outcome::written) == 1);
        }

        List<List<String>> entries = new ArrayList<>();
        for (var entry : bench.entries(Keys.TELEMETRY)) {
            List<String> words = new ArrayList<>();
            for (Map.Entry<String, byte[]> field : entry.getBody().entrySet()) {
                words.add(field.getKey());
                words.add(new String(field.getValue(), StandardCharsets.UTF_8));
            }
            entries.add(words);
        }
        assertThat(entries).hasSize(2);
        assertThat(entries.get(1)).isEqualTo(entries.get(0));
    }

    @Test
    void tellsOfEveryRecordOnceAndKeepsTheirOrder() {
        try (TelemetryWriter writer = writer(connections, ROOM)) {
            add(writer, origin(null, 0), 700, FRAME);
            add(writer, origin(null, 0), 300, FRAME);
            await().until(() -> told() == 1_000);
            assertThat(writer.underway()).isZero();
        }

        assertThat(sum(TelemetryLane.Outcome::written)).isEqualTo(1_000);
        assertThat(counts(bench.redis))
                .isEqualTo(LongStream.rangeClosed(1, 1_000).boxed().toList());
        assertThat(meters.get("viw.stream.appended").tag("outcome", "written").counter().count())
                .isEqualTo(1_000);
        assertThat(underway()).isZero();
    }

    @Test
    void tellsWhetherTheRecordIsAtFault() {
        try (TestRedis redis = TestRedis.start();
                RedisConnections own = RedisConnections.open(redis.url(), "test");
                TelemetryWriter writer = writer(own, ROOM)) {
            var _ = redis.command("SET " + Keys.TELEMETRY + " text");
            add(writer, origin(null, 0), 2, FRAME);
            await().until(() -> sum(TelemetryLane.Outcome::refused) == 2);
            assertThat(ends.getFirst().fault()).hasMessageContaining("WRONGTYPE");

            var _ = redis.command("DEL " + Keys.TELEMETRY);
            var _ = redis.command("CONFIG SET maxmemory 1");
            add(writer, origin(null, 0), 3, FRAME);
            await().until(() -> sum(TelemetryLane.Outcome::away) == 3);
            assertThat(ends.getLast().fault())
                    .isInstanceOf(WorldAway.class)
                    .hasMessageContaining("OOM");
        }
    }

    @Test
    void holdsNoMoreThanItsRoomWhileRedisIsPausedAndDropsTheOldestThatWait() {
        int count = 4_000;
        Bytes large = Bytes.of(new byte[1_000]);
        try (TestRedis redis = TestRedis.start();
                RedisConnections own = RedisConnections.open(redis.url(), "test");
                TelemetryWriter writer = writer(own, 2 * TelemetryLane.WINDOW)) {
            add(writer, origin(null, 0), 1, large);
            await().until(() -> told() == 1);
            redis.pause();
            for (int turn = 0; turn < 10; turn++) {
                add(writer, origin(null, 0), count / 10, large);
                assertThat(underway()).isLessThanOrEqualTo(2 * TelemetryLane.WINDOW);
            }
            await().until(() -> writer.underway() + sum(TelemetryLane.Outcome::full) == count);
            int full = sum(TelemetryLane.Outcome::full);
            assertThat(full).isPositive();
            redis.resume();

            await().until(() -> told() == 1 + count);
            assertThat(sum(TelemetryLane.Outcome::full)).isEqualTo(full);
            assertThat(sum(TelemetryLane.Outcome::written)).isEqualTo(1 + count - full);
            List<Long> written = counts(redis);
            assertThat(written).hasSize(1 + count - full).isSorted();
            assertThat(written).contains(1L, 2L, 1L + count);
        }
    }

    @Test
    void losesNothingWhileThereIsRoomHoweverMuchComesInOneTurn() {
        int count = 10_000;
        Bytes large = Bytes.of(new byte[1_000]);
        try (TelemetryWriter writer = writer(connections, ROOM)) {
            add(writer, origin(null, 0), count, large);
            await().until(() -> told() == count);
        }

        assertThat(sum(TelemetryLane.Outcome::written)).isEqualTo(count);
        assertThat(bench.raw.xlen(Keys.TELEMETRY)).isEqualTo(count);
    }

    @Test
    void keepsWhatWaitsWhenTheConnectionIsLostAndTellsOfWhatWasOnItsWay() {
        int count = 1_500;
        Bytes large = Bytes.of(new byte[1_000]);
        try (TestRedis redis = TestRedis.start();
                TcpProxy proxy = TcpProxy.to(redis.port());
                RedisConnections own =
                        RedisConnections.open("redis://127.0.0.1:" + proxy.port(), "test");
                TelemetryWriter writer = writer(own, ROOM)) {
            add(writer, origin(null, 0), 1, large);
            await().until(() -> told() == 1);
            redis.pause();
            add(writer, origin(null, 0), count, large);
            proxy.cut();
            await().until(() -> sum(TelemetryLane.Outcome::away) > 0);
            redis.resume();

            await().until(() -> told() == 1 + count);
            int away = sum(TelemetryLane.Outcome::away);
            assertThat(away).isLessThan(count);
            assertThat(sum(TelemetryLane.Outcome::full)).isZero();
            assertThat(counts(redis)).contains(1L + count).doesNotHaveDuplicates();
        }
    }
}
