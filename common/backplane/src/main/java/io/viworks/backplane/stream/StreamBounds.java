package io.viworks.backplane.stream;

import io.viworks.backplane.Keys;
import java.util.OptionalLong;

/** How long each stream may grow by appending (spec 3.1). */
public final class StreamBounds {
    /**
     * Also the longest outage of a telemetry-writer that loses nothing: it trims unread records.
     */
    public static final long HELLO_AND_TELEMETRY = 100_000;

    public static final long OUTPUT = 20_000;
    public static final long EVENTS = 10_000;
    public static final long DEAD_LETTERS = 10_000;

    private StreamBounds() {}

    /** The bound, or none: commands and results are trimmed only behind their readers. */
    static OptionalLong of(String stream) {
        return switch (stream) {
            case Keys.AGENT_HELLO, Keys.TELEMETRY -> OptionalLong.of(HELLO_AND_TELEMETRY);
            case Keys.COMMAND_OUTPUT -> OptionalLong.of(OUTPUT);
            case Keys.EVENTS -> OptionalLong.of(EVENTS);
            default -> OptionalLong.empty();
        };
    }
}
