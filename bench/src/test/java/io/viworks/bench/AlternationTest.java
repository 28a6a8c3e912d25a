package io.viworks.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlternationTest {
    @Test
    void givesEachItsTurnsAfterOneThatDoesNotCount() throws Exception {
        List<String> order = new ArrayList<>();

        Alternation.Outcome outcome =
                new Alternation(3, 2).time(() -> order.add("floor"), () -> order.add("subject"));

        assertThat(order).hasSize(2 * 2 * (1 + 3));
        assertThat(order.subList(4, 8)).containsExactly("floor", "floor", "subject", "subject");
        assertThat(outcome.least()).isLessThanOrEqualTo(outcome.ratio());
        assertThat(outcome.most()).isGreaterThanOrEqualTo(outcome.ratio());
    }

    @Test
    void refusesFewerRoundsThanShowASpread() {
        assertThatThrownBy(() -> new Alternation(2, 10))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesTheValueThatAShareOfTheRunsDidNotExceed() throws Exception {
        Timings timings = Timings.of(10, () -> {});

        assertThat(timings.quantile(0.5)).isLessThanOrEqualTo(timings.quantile(1));
    }
}
