package io.viworks.backplane.stream;

/**
 * The writer's mistake in one record: it can never be read. The message names the field and what
 * would be right, never a value.
 */
public final class MalformedRecord extends Exception {
    public MalformedRecord(String message) {
        super(message, null, false, false);
    }
}
