package io.viworks.protocol;

import java.util.UUID;

/**
 * Names one run of a command on a gateway; two of them for one command are a double run. Written as
 * a lower-case UUID.
 */
public record ExecutionId(UUID value) {
    /** Under which the bytes of a frame become an execution id. Never changes. */
    private static final UUID FRAMES = UUID.fromString("0f1c6e4a-8d35-5b72-a4c1-6be0d2f97a13");

    /**
     * Reads the form on the wire.
     *
     * @throws IllegalArgumentException when the text is not a lower-case UUID of 36 characters
     */
    public static ExecutionId of(String text) {
        return new ExecutionId(Uuids.parse("execution_id", text));
    }

    /**
     * The id of a run whose RESULT names none: the UUIDv5 of the frame's bytes (spec 2.3). Bridge
     * and ledger find the same one, and a frame sent again is the same run.
     */
    public static ExecutionId ofFrame(Bytes frame) {
        return new ExecutionId(Uuids.nameBased(FRAMES, frame.array()));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
