package io.viworks.protocol;

import java.util.UUID;

/**
 * Names one command for its whole life, in every process and store. Written as a lower-case UUID.
 */
public record CorrelationId(UUID value) {
    /**
     * Reads the form on the wire.
     *
     * @throws IllegalArgumentException when the text is not a lower-case UUID of 36 characters
     */
    public static CorrelationId of(String text) {
        return new CorrelationId(Uuids.parse("correlation_id", text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
