package io.viworks.protocol;

import java.util.UUID;

/** Names one accepted socket, in logs and records. Written as a lower-case UUID. */
public record ConnectionId(UUID value) {
    /**
     * Reads the form on the wire.
     *
     * @throws IllegalArgumentException when the text is not a lower-case UUID of 36 characters
     */
    public static ConnectionId of(String text) {
        return new ConnectionId(Uuids.parse("conn_id", text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
