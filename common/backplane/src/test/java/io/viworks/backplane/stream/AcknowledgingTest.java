package io.viworks.backplane.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.Consumer;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.viworks.backplane.WorldAway;
import io.viworks.testkit.TcpProxy;
import io.viworks.testkit.TestRedis;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is done is acknowledged in the end, whatever becomes of the request. */
class AcknowledgingTest {
    private final TestRedis redis = TestRedis.shared();
    private final TcpProxy proxy = TcpProxy.to(redis.port());
    private final LoopFixture fixture = new LoopFixture(redis, "redis://127.0.0.1:" + proxy.port());
    private final InHand inHand = new InHand();
    private final AtomicInteger insisted = new AtomicInteger();
    private final Acknowledging acknowledging =
            new Acknowledging(
                    new Group(
                            fixture.connections,
                            new Subscription<>(
                                    LoopFixture.STREAM,
                                    LoopFixture.GROUP,
                                    "one",
                                    StreamRecord.OfTelemetry.class)),
                    inHand,
                    this::insist);

    @BeforeEach
    void group() {
        fixture.raw.xgroupCreate(
                StreamOffset.from(LoopFixture.STREAM, "0"),
                LoopFixture.GROUP,
                XGroupCreateArgs.Builder.mkstream());
    }

    @AfterEach
    void close() {
        fixture.close();
        proxy.close();
    }

    /** As a loop does: until Redis is back. */
    private void insist(Runnable request) {
        insisted.incrementAndGet();
        await().ignoreExceptionsMatching(WorldAway.class::isInstance)
                .until(() -> {
                    request.run();
                    return true;
                });
    }

    /** So many entries that were read and are done. */
    @SuppressWarnings("unchecked") // one stream needs no array of generics; Lettuce offers no other
    private List<String> done(long entries) {
        for (long n = 1; n <= entries; n++) {
            String _ = fixture.raw.xadd(LoopFixture.STREAM, "n", new byte[] {(byte) n});
        }
        List<String> ids =
                fixture
                        .raw
                        .xreadgroup(
                                Consumer.from(LoopFixture.GROUP, "one"),
                                StreamOffset.lastConsumed(LoopFixture.STREAM))
                        .stream()
                        .map(StreamMessage::getId)
                        .toList();
        assertThat(ids).hasSize((int) entries);
        inHand.take(ids);
        return ids;
    }

    @Test
    void letsGoOfWhatRedisHasAcknowledged() {
        acknowledging.begin(done(3));

        acknowledging.settle();

        assertThat(fixture.pending()).isZero();
        assertThat(inHand.size()).isZero();
        assertThat(insisted).hasValue(0);
    }

    @Test
    void needsNoSettlingForTheAnswerToCount() {
        acknowledging.begin(done(3));

        await().until(() -> inHand.size() == 0);
        assertThat(fixture.pending()).isZero();
    }

    @Test
    void settlesWhatIsUnderWayBeforeMoreIsBegun() {
        proxy.swallow();
        List<String> first = done(2);
        acknowledging.begin(first);
        List<String> second = done(1);
        assertThat(inHand.ids()).containsExactlyElementsOf(concat(first, second));

        proxy.forward();
        acknowledging.begin(second);

        assertThat(inHand.ids()).doesNotContainAnyElementsOf(first);
        acknowledging.settle();
        assertThat(inHand.size()).isZero();
        assertThat(fixture.pending()).isZero();
    }

    private static List<String> concat(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    @Test
    void insistsWhenTheRequestIsLost() {
        List<String> ids = done(3);
        proxy.swallow();
        acknowledging.begin(ids);

        proxy.cut();
        proxy.forward();
        acknowledging.settle();

        assertThat(insisted).hasValue(1);
        assertThat(fixture.pending()).isZero();
        assertThat(inHand.size()).isZero();
    }

    @Test
    void keepsWhatIsNotAcknowledgedInHand() {
        List<String> ids = done(3);
        proxy.swallow();

        acknowledging.begin(ids);

        assertThat(inHand.ids()).containsExactlyElementsOf(ids);
        assertThat(fixture.pending()).isEqualTo(3);
        proxy.cut();
    }
}
