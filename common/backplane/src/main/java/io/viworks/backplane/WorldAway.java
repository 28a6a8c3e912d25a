package io.viworks.backplane;

/**
 * Something this process needs (Redis, Postgres) cannot be reached or is overloaded just now. Never
 * a record's fault: the consumer loop holds its batch and tries again.
 */
public final class WorldAway extends RuntimeException {
    public WorldAway(String message, Throwable cause) {
        super(message, cause);
    }
}
