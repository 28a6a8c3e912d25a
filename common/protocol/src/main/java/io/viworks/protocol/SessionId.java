package io.viworks.protocol;

import java.util.UUID;

/** Names one life of one connection. Written as a lower-case UUID. */
public record SessionId(UUID value) {
    /**
     * Reads the form on the wire.
     *
     * @throws IllegalArgumentException when the text is not a lower-case UUID of 36 characters
     */
    public static SessionId of(String text) {
        return new SessionId(Uuids.parse("session_id", text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
