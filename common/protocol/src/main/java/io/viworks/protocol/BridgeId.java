package io.viworks.protocol;

import java.util.UUID;

/**
 * Names one process life of a bridge; a restarted bridge has another. Written as a lower-case UUID.
 */
public record BridgeId(UUID value) {
    /**
     * Reads the form on the wire.
     *
     * @throws IllegalArgumentException when the text is not a lower-case UUID of 36 characters
     */
    public static BridgeId of(String text) {
        return new BridgeId(Uuids.parse("bridge_id", text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
