package io.viworks.protocol;

import java.util.UUID;

/**
 * Names one journal: made with it and kept beside it, it outlives the agent's process. Written as a
 * lower-case UUID.
 */
public record InstanceUid(UUID value) {
    /**
     * Reads the form on the wire.
     *
     * @throws IllegalArgumentException when the text is not a lower-case UUID of 36 characters
     */
    public static InstanceUid of(String text) {
        return new InstanceUid(Uuids.parse("instance_uid", text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
