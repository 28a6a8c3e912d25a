package io.viworks.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Rfc3339Test {
    private static final long FIRST = Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();
    private static final long LAST = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();
    private static final List<ChronoUnit> UNITS =
            List.of(ChronoUnit.SECONDS, ChronoUnit.MILLIS, ChronoUnit.MICROS, ChronoUnit.NANOS);

    @ParameterizedTest
    @CsvSource({
        "2026-01-15T12:00:00Z,2026-01-15T12:00:00Z",
        "2026-01-15t12:00:00z,2026-01-15T12:00:00Z",
        "2026-01-15T12:00:00.5Z,2026-01-15T12:00:00.500Z",
        "2026-01-15T12:00:00.123456789Z,2026-01-15T12:00:00.123456789Z",
        "2026-01-15T12:00:00.123456+00:00,2026-01-15T12:00:00.123456Z",
        "2026-01-15T12:00:00-00:00,2026-01-15T12:00:00Z",
        "2016-12-31T23:59:60Z,2016-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z,0001-01-01T00:00:00Z"
    })
    void readsUtcInItsForms(String text, String instant) {
        assertThat(Rfc3339.parse(text)).isEqualTo(Instant.parse(instant));
        assertThat(Rfc3339.format(Rfc3339.parse(text))).isEqualTo(instant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2026-01-15",
                "2026-01-15T12:00Z",
                "2026-01-15 12:00:00Z",
                "2026-01-15T12:00:00",
                "2026-01-15T12:00:00+01:00",
                "2026-01-15T12:00:00.Z",
                "2026-01-15T12:00:00.1234567890Z",
                "2026-02-30T12:00:00Z",
                "2025-02-29T12:00:00Z",
                "2026-13-01T12:00:00Z",
                "2026-00-01T12:00:00Z",
                "2026-01-15T12:60:00Z",
                "2026-01-15T12:00:61Z",
                "2026-01-15T12:00:0xZ",
                "2026-01-15T12:00:00,5Z",
                "2026-01-15T25:00:00Z",
                "+12026-01-15T12:00:00Z",
                "1768478400",
                "2026-01-15T12:00:00Z\n",
                "٢٠٢٦-01-15T12:00:00Z"
            })
    void refusesEveryOtherForm(String text) {
        assertThatThrownBy(() -> Rfc3339.parse(text)).isInstanceOf(DateTimeParseException.class);
    }

    @Test
    void readsByHandWhatTheLibraryReads() {
        Random random = new Random(8);
        for (int i = 0; i < 20_000; i++) {
            Instant instant =
                    Instant.ofEpochSecond(
                            random.nextLong(FIRST, LAST), random.nextInt(1_000_000_000));
            ChronoUnit unit = UNITS.get(i % UNITS.size());
            String text = instant.truncatedTo(unit).toString();
            assertThat(Rfc3339.parse(text)).isEqualTo(Instant.parse(text));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2024-02-29T00:00:00Z",
                "2000-02-29T23:59:59.9Z",
                "1969-12-31T23:59:59.000000001Z",
                "0000-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999999Z",
                "2026-01-15T24:00:00Z"
            })
    void readsTheEdgesOfTheCalendarAsTheLibraryDoes(String text) {
        assertThat(Rfc3339.parse(text)).isEqualTo(Instant.parse(text));
    }

    @Test
    void neverQuotesTheTextInItsMessage() {
        assertThatThrownBy(() -> Rfc3339.parse("hunter2")).hasMessage("not RFC 3339 in UTC");
    }
}
