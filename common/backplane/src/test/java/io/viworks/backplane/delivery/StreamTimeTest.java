package io.viworks.backplane.delivery;

import static io.viworks.backplane.Bench.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.Consumer;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.viworks.backplane.Bench;
import io.viworks.backplane.Keys;
import io.viworks.backplane.RedisAcl.Service;
import io.viworks.backplane.Samples;
import io.viworks.backplane.stream.RecordFields;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Up to when every record of the results has been handled (spec 3.4). */
class StreamTimeTest {
    private final Bench bench = new Bench();
    private final StreamTime time = new StreamTime(bench.login(Service.RESULTS_WRITER));

    @AfterEach
    void close() {
        bench.close();
    }

    private Instant handled() {
        return get(time.handledUpTo());
    }

    private void isNow(Instant told) {
        assertThat(told).isBetween(Instant.now().minusSeconds(20), Instant.now().plusMillis(5));
    }

    /** Writes a result as long ago as its id says. */
    private void write(long ms) {
        bench.raw.xadd(
                Keys.COMMAND_RESULTS,
                new XAddArgs().id(ms + "-0"),
                RecordFields.of(Samples.result(ms)));
    }

    private void group(String name) {
        bench.raw.xgroupCreate(
                StreamOffset.from(Keys.COMMAND_RESULTS, "0"),
                name,
                XGroupCreateArgs.Builder.mkstream());
    }

    @SuppressWarnings("unchecked") // an array of one StreamOffset<String>, made by the varargs
    private void read(String consumer, int count) {
        List<StreamMessage<String, byte[]>> read =
                bench.raw.xreadgroup(
                        Consumer.from(Keys.GROUP_RESULTS_WRITER, consumer),
                        XReadArgs.Builder.count(count),
                        StreamOffset.lastConsumed(Keys.COMMAND_RESULTS));
        assertThat(read).hasSize(count);
    }

    private void acknowledge(long ms) {
        assertThat(bench.raw.xack(Keys.COMMAND_RESULTS, Keys.GROUP_RESULTS_WRITER, ms + "-0"))
                .isEqualTo(1);
    }

    @Test
    void isNowWhenThereIsNothing() {
        isNow(handled());
        group(Keys.GROUP_RESULTS_WRITER);
        isNow(handled());
        isNow(get(time.now()));
    }

    @Test
    void isTheOldestRecordWhileNobodyReads() {
        write(1_000);
        write(2_000);
        assertThat(handled()).isEqualTo(Instant.ofEpochMilli(1_000));
    }

    @Test
    void isTheOldestPendingWhoeverHoldsIt() {
        write(1_000);
        write(2_000);
        write(3_000);
        group(Keys.GROUP_RESULTS_WRITER);
        read("a", 2);
        read("b", 1);
        assertThat(handled()).isEqualTo(Instant.ofEpochMilli(1_000));
        acknowledge(1_000);
        assertThat(handled()).isEqualTo(Instant.ofEpochMilli(2_000));
        acknowledge(3_000);
        assertThat(handled()).isEqualTo(Instant.ofEpochMilli(2_000));
        acknowledge(2_000);
        isNow(handled());
    }

    @Test
    void isTheOldestUnreadWhenNothingIsPending() {
        write(1_000);
        write(2_000);
        group(Keys.GROUP_RESULTS_WRITER);
        read("a", 1);
        acknowledge(1_000);
        assertThat(handled()).isEqualTo(Instant.ofEpochMilli(2_000));
    }

    @Test
    void anotherGroupThatLagsDoesNotMatter() {
        write(1_000);
        group("somebody-else");
        group(Keys.GROUP_RESULTS_WRITER);
        read("a", 1);
        acknowledge(1_000);
        isNow(handled());
    }

    /** The group is made again at 0, so all of it will be read again. */
    @Test
    void isTheOldestRecordWhenTheGroupHasVanished() {
        write(1_000);
        group(Keys.GROUP_RESULTS_WRITER);
        read("a", 1);
        acknowledge(1_000);
        bench.raw.xgroupDestroy(Keys.COMMAND_RESULTS, Keys.GROUP_RESULTS_WRITER);
        assertThat(handled()).isEqualTo(Instant.ofEpochMilli(1_000));
    }

    @Test
    void isNowAfterRedisForgotEverything() {
        write(1_000);
        bench.redis.flush();
        bench.forgetScripts();
        isNow(handled());
    }
}
