package io.viworks.admin.health;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the whole is, as far as this replica sees it.
 *
 * @param status {@code up}, or {@code degraded} while any part is not
 * @param away the names of the parts that are away or behind
 */
record Health(Status status, Instant checkedAt, List<String> away, List<Part> parts) {
    /** The whole in one word. */
    enum Status {
        UP,
        DEGRADED;

        @JsonValue
        String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One part.
     *
     * @param since since when it is so, as far as this replica knows
     * @param effect what callers notice; absent while it is up
     * @param alive how many processes of it live, where that is counted
     * @param behindS seconds since the oldest record came that it has not handled, while it is
     *     behind
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Part(
            String name,
            Watch.State state,
            Instant since,
            @Nullable String effect,
            @Nullable Long alive,
            @Nullable Long behindS) {}

    /** Sums the parts up. */
    static Health of(Instant now, List<Part> parts) {
        List<String> away =
                parts.stream()
                        .filter(part ->
                                part.state() == Watch.State.AWAY
                                        || part.state() == Watch.State.BEHIND)
                        .map(Part::name)
                        .toList();
        return new Health(
                away.isEmpty() ? Status.UP : Status.DEGRADED, now, away, List.copyOf(parts));
    }
}
