package io.viworks.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Rfc3339Test {
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
    void neverQuotesTheTextInItsMessage() {
        assertThatThrownBy(() -> Rfc3339.parse("hunter2")).hasMessage("not RFC 3339 in UTC");
    }
}
