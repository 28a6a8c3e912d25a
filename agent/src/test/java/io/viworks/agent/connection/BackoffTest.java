package io.viworks.agent.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of spec 2.5, a thousand times each. */
class BackoffTest {
    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final Duration STABLE = Duration.ofSeconds(61);
    private static final int TIMES = 1_000;

    private final Random random = new Random(7);

    private Backoff fresh() {
        return new Backoff(random, 1);
    }

    private static End closed(int code) {
        return new End.Closed(code, "", null);
    }

    private static End refused(int status, @Nullable Duration retryAfter) {
        return new End.Refused(status, null, retryAfter, null);
    }

    @Test
    void goesToAnotherBridgeAtOnceButNotInATightLoop() {
        Backoff backoff = fresh();
        assertThat(backoff.after(closed(1001), SHORT)).isZero();
        Duration total = Duration.ZERO;
        for (int i = 0; i < 20; i++) {
            total = total.plus(backoff.after(closed(1001), SHORT));
        }
        assertThat(total).isGreaterThan(Duration.ofMinutes(1));
        assertThat(backoff.after(closed(1001), STABLE)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1013, 4400, 4408, 4413})
    void backsOffWithFullJitter(int code) {
        assertDoubling(closed(code));
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 404, 429, 500, 503})
    void backsOffWithFullJitterFromOtherRefusals(int status) {
        assertDoubling(refused(status, null));
    }

    private void assertDoubling(End end) {
        long[] longest = new long[9];
        for (int i = 0; i < TIMES; i++) {
            Backoff backoff = fresh();
            for (int n = 0; n < longest.length; n++) {
                long millis = backoff.after(end, null).toMillis();
                assertThat(millis).isBetween(0L, Math.min(60_000L, 1_000L << n));
                longest[n] = Math.max(longest[n], millis);
            }
        }
        for (int n = 0; n < longest.length; n++) {
            assertThat(longest[n]).isGreaterThan(Math.min(60_000L, 1_000L << n) * 9 / 10);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4401, 4403, 4426})
    void comesBackAfterAQuarterToAWholeHour(int code) {
        for (int i = 0; i < TIMES; i++) {
            assertThat(fresh().after(closed(code), SHORT))
                    .isBetween(Duration.ofMinutes(15), Duration.ofMinutes(60));
        }
    }

    @ParameterizedTest
    @CsvSource({"401, false", "403, false", "4409, true"})
    void growsFromAMinuteToAnHourAndNeverStops(int code, boolean close) {
        End end = close ? closed(code) : refused(code, null);
        for (int i = 0; i < TIMES / 10; i++) {
            Backoff backoff = fresh();
            for (int n = 0; n < 100; n++) {
                Duration base = Duration.ofMinutes(Math.min(60, 1L << Math.min(n, 6)));
                Duration top = base.plus(base.dividedBy(4));
                assertThat(backoff.after(end, null))
                        .isBetween(base, top.compareTo(HOUR) > 0 ? HOUR : top);
            }
        }
    }

    private static final Duration HOUR = Duration.ofMinutes(60);

    @Test
    void waitsAsLongAsItIsAskedTo() {
        Duration asked = Duration.ofSeconds(90);
        assertThat(fresh().after(refused(503, asked), null)).isEqualTo(asked);
        assertThat(fresh().after(refused(429, asked), null)).isEqualTo(asked);
        assertThat(fresh().after(new End.Closed(4429, "", asked), SHORT)).isEqualTo(asked);
        assertThat(fresh().after(refused(503, Duration.ofDays(9)), null)).isEqualTo(HOUR);
    }

    @Test
    void spreadsTheFirstAttemptAfterALossOverFiveSeconds() {
        long longest = 0;
        for (int i = 0; i < TIMES; i++) {
            long millis = fresh().after(new End.Lost("reset"), STABLE).toMillis();
            assertThat(millis).isBetween(0L, 5_000L);
            longest = Math.max(longest, millis);
        }
        assertThat(longest).isGreaterThan(4_500);
    }

    @Test
    void triesOnceSoonAfterASessionThatHadSettled() {
        for (int i = 0; i < TIMES; i++) {
            Backoff backoff = fresh();
            for (int n = 0; n < 10; n++) {
                backoff.after(new End.Lost("nobody there"), null);
            }
            assertThat(backoff.after(new End.Lost("reset"), Duration.ofSeconds(10)))
                    .isLessThanOrEqualTo(Duration.ofSeconds(5));
            assertThat(backoff.after(closed(1001), Duration.ofSeconds(10))).isZero();
        }
        Backoff flapping = fresh();
        Duration total = Duration.ZERO;
        for (int n = 0; n < 30; n++) {
            total = total.plus(flapping.after(new End.Lost("reset"), SHORT));
        }
        assertThat(total).isGreaterThan(Duration.ofMinutes(5));
    }

    @Test
    void beginsAnewOnlyAfterAStableMinute() {
        for (int i = 0; i < TIMES; i++) {
            Backoff backoff = fresh();
            for (int n = 0; n < 10; n++) {
                backoff.after(refused(401, null), null);
            }
            assertThat(backoff.after(closed(4409), SHORT)).isGreaterThan(Duration.ofMinutes(59));
            assertThat(backoff.after(closed(4409), STABLE)).isLessThan(Duration.ofSeconds(76));
        }
    }
}
