package io.viworks.bench.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.bench.dispatch.Figures.Turn;
import org.junit.jupiter.api.Test;

class FiguresTest {
    private final Figures figures = new Figures();

    @Test
    void ratiosAreOfTheRoundsTheyBelongTo() {
        figures.add(100, new Turn(100, 1_000, 5, 0), new Turn(200, 2_000, 5, 0));
        figures.add(100, new Turn(200, 1_000, 5, 0), new Turn(300, 5_000, 5, 1));
        figures.add(100, new Turn(100, 1_000, 5, 2), new Turn(400, 1_000, 5, 0));

        assertThat(figures.table())
                .endsWith(
                        "| 100 | 100 (100–200) | 1000 (1000–1000) | 300 (200–400)"
                                + " | 2000 (1000–5000) | 2.00 (1.50–4.00) | 2.00 (1.00–5.00)"
                                + " | 2, 1 | both |\n");
    }

    @Test
    void whoeverDoesNotKeepUpHasNoRatio() {
        figures.add(2_000, new Turn(100, 200, 5, 0), new Turn(900_000, 990_000, 4_000, 0));
        figures.add(2_000, new Turn(100, 200, 5, 0), new Turn(300, 700, 5, 0));

        assertThat(figures.table())
                .contains(
                        "| none | none | 0, 0 |"
                                + " **not the bridge in 1 of 2 turns: 4000 ms behind at most** |");
    }
}
