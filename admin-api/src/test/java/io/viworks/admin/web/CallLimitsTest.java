package io.viworks.admin.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.viworks.admin.problem.Refusal;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class CallLimitsTest {
    private final AtomicLong nanos = new AtomicLong(1);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final CallLimits limits =
            new CallLimits(new WebSettings(10, 6, List.of()), nanos::get, new Random(1), meters);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void servesACallerItsRateAndTwiceAsManyAtOnce() {
        for (int i = 0; i < 20; i++) {
            assertThat(limits.call("anna")).isEmpty();
        }
        assertThat(limits.call("anna")).isPresent();
        assertThat(limits.call("otto")).isEmpty();
        pass(Duration.ofMillis(100));
        assertThat(limits.call("anna")).isEmpty();
        assertThat(limits.call("anna")).isPresent();
    }

    @Test
    void hearsAnAddressNoMoreThatFailedTooOftenUntilTimeHasPassed() {
        for (int i = 0; i < 6; i++) {
            assertThat(limits.blocked("10.0.0.1")).isEmpty();
            limits.failed("10.0.0.1");
        }
        assertThat(limits.blocked("10.0.0.1")).isPresent();
        assertThat(limits.blocked("10.0.0.2")).isEmpty();
        pass(Duration.ofSeconds(10));
        assertThat(limits.blocked("10.0.0.1")).isEmpty();
        limits.failed("10.0.0.1");
        assertThat(limits.blocked("10.0.0.1")).isPresent();
    }

    @Test
    void knowsATokenOnlyFromWhereItHasComeBefore() {
        limits.succeeded("10.0.0.1", "good");
        assertThat(limits.knows("10.0.0.1", "good")).isTrue();
        assertThat(limits.knows("10.0.0.1", "goo")).isFalse();
        assertThat(limits.knows("10.0.0.2", "good")).isFalse();
    }

    @Test
    void tellsEachToComeBackAtAnotherTime() {
        Set<Duration> pauses = new HashSet<>();
        for (int i = 0; i < 6; i++) {
            limits.failed("10.0.0.1");
        }
        for (int i = 0; i < 50; i++) {
            Optional<Refusal> blocked = limits.blocked("10.0.0.1");
            pauses.add(blocked.orElseThrow().retryAfter().orElseThrow());
        }
        assertThat(pauses).hasSizeGreaterThan(2);
        assertThat(pauses)
                .allSatisfy(pause ->
                        assertThat(pause)
                                .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(16)));
    }

    @Test
    void remembersNoMoreThanItsShare() {
        for (int i = 0; i < CallLimits.REMEMBERED + 500; i++) {
            limits.call("caller-" + i);
            limits.failed("address-" + i);
            limits.succeeded("address-" + i, "token");
        }
        assertThat(meters.get("viw.api.limits.remembered").tag("of", "callers").gauge().value())
                .isEqualTo(CallLimits.REMEMBERED);
        assertThat(meters.get("viw.api.limits.remembered").tag("of", "addresses").gauge().value())
                .isEqualTo(CallLimits.REMEMBERED);
        assertThat(limits.knows("address-0", "token")).isFalse();
    }

    @Test
    void takesAWholeIpv6NetworkForOneSource() {
        assertThat(SourceNetwork.of("2001:db8:1:2:3:4:5:6"))
                .isEqualTo(SourceNetwork.of("2001:db8:1:2:ffff:0:0:1"))
                .isNotEqualTo(SourceNetwork.of("2001:db8:1:3:3:4:5:6"));
        assertThat(SourceNetwork.of("2001:db8::1")).isEqualTo(SourceNetwork.of("2001:db8:0:0:9::"));
        assertThat(SourceNetwork.of("10.1.2.3")).isEqualTo("10.1.2.3");
    }
}
