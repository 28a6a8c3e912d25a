package io.viworks.bench.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final long MS = 1_000_000;

    @Test
    void the202IsComparedWithThePartsItWaitsForAndTheResultWithAll() {
        Way way = Way.of(each(MS));

        assertThat(way).isEqualTo(new Way(4 * MS, Part.values().length * MS));
    }

    @Test
    void aWayWithoutAPartIsNone() {
        assertThatThrownBy(() -> Way.of(Map.of(Part.POST, MS)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ratiosAreOfTheRoundsTheyBelongTo() {
        Comparison comparison = new Comparison();
        comparison.add(List.of(each(MS)), List.of(new Way(4 * MS, 16 * MS)));
        comparison.add(List.of(each(2 * MS)), List.of(new Way(16 * MS, 16 * MS)));
        comparison.add(List.of(each(MS)), List.of(new Way(6 * MS, 12 * MS)));

        assertThat(comparison.table().lines())
                .contains(
                        "| POST → 202 | 4.00 (4.00–8.00) | 4.00 (4.00–8.00) | 6.00 (4.00–16.00)"
                                + " | 6.00 (4.00–16.00) | 1.50 (1.00–2.00) | 1.50 (1.00–2.00) |",
                        "| POST → result by GET | 8.00 (8.00–16.00) | 8.00 (8.00–16.00)"
                                + " | 16.00 (12.00–16.00) | 16.00 (12.00–16.00)"
                                + " | 1.50 (1.00–2.00) | 1.50 (1.00–2.00) |",
                        "| " + Part.OWNER.about() + " | 1000 (1000–2000) | 1000 (1000–2000) |");
    }

    private static Map<Part, Long> each(long nanos) {
        Map<Part, Long> parts = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            parts.put(part, nanos);
        }
        return parts;
    }
}
