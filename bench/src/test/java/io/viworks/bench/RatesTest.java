package io.viworks.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class RatesTest {
    private static Rates.Work taking(long... millis) {
        Deque<Long> turns = new ArrayDeque<>();
        for (long one : millis) {
            turns.add(one);
        }
        return () ->
                new Rates.Turn(
                        100,
                        Duration.ofMillis(turns.remove()),
                        Duration.ofMillis(1),
                        Duration.ofMillis(2),
                        5_000);
    }

    @Test
    void comparesWithinARoundAndLeavesTheFirstTurnsOut() throws Exception {
        Rates.Outcome outcome = new Rates(3).time(taking(9, 10, 20, 40), taking(1, 20, 20, 160));

        assertThat(List.of(outcome.least(), outcome.ratio(), outcome.most()))
                .containsExactly(0.25, 0.5, 1.0);
        assertThat(outcome.floor().perSecond()).isEqualTo(5_000);
        assertThat(outcome.subject().ownMicros()).isEqualTo(10);
        assertThat(outcome.subject().walBytes()).isEqualTo(50);
    }

    @Test
    void refusesFewerRoundsThanShowASpread() {
        assertThatThrownBy(() -> new Rates(2)).isInstanceOf(IllegalArgumentException.class);
    }
}
