package io.viworks.admin.paging;

import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A query parameter that is an instant (RFC 3339). */
public final class InstantParameter {
    private InstantParameter() {}

    /**
     * Reads it; null when it was not sent.
     *
     * @throws Refusal {@link ProblemCode#BAD_PARAMETER}, also for years that Postgres lacks
     */
    public static @Nullable Instant of(String name, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            Instant instant = Instant.parse(text);
            int year = instant.atOffset(ZoneOffset.UTC).getYear();
            if (year >= 1 && year <= 9999) {
                return instant;
            }
        } catch (DateTimeException e) {
            // Said below.
        }
        throw Refusal.of(
                ProblemCode.BAD_PARAMETER,
                "a parameter has a wrong form",
                List.of(
                        InputError.in(
                                name,
                                "must be an instant such as 2026-01-15T12:00:00Z; the + of an"
                                        + " offset is %2B in a query")));
    }
}
