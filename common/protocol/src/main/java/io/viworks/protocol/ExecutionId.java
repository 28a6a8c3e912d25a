package io.viworks.protocol;

import java.util.UUID;

/**
 * Names one run of a command on a gateway; two of them for one command are a double run. Written as
 * a lower-case UUID.
 */
public record ExecutionId(UUID value) {
    /**
     * Reads the form on the wire.
     *
     * @throws IllegalArgumentException when the text is not a lower-case UUID of 36 characters
     */
    public static ExecutionId of(String text) {
        return new ExecutionId(Uuids.parse("execution_id", text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
