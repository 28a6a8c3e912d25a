package io.viworks.backplane;

import org.jspecify.annotations.Nullable;

/**
 * Something this process needs (Redis, Postgres) cannot be reached or is overloaded just now. Never
 * a record's fault: the consumer loop holds its batch and tries again.
 */
public final class WorldAway extends RuntimeException {
    private final boolean unsent;

    /** What was asked may have been done or not: nobody knows. */
    public WorldAway(String message, @Nullable Throwable cause) {
        this(message, cause, false);
    }

    private WorldAway(String message, @Nullable Throwable cause, boolean unsent) {
        super(message, cause);
        this.unsent = unsent;
    }

    /**
     * This process itself refused: nothing was written to the socket, nothing can have happened.
     */
    public static WorldAway unsent(String message, @Nullable Throwable cause) {
        return new WorldAway(message, cause, true);
    }

    /** Whether it is certain that nothing has happened. */
    public boolean unsent() {
        return unsent;
    }
}
