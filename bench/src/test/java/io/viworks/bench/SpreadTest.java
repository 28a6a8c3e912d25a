package io.viworks.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void aRatioIsOfTheSameRound() {
        Spread spread = Spread.ratio(List.of(10.0, 40.0, 90.0), List.of(10.0, 20.0, 30.0));

        assertThat(spread).isEqualTo(new Spread(2, 1, 3));
        assertThat(spread.text(1)).isEqualTo("2.0 (1.0–3.0)");
    }
}
