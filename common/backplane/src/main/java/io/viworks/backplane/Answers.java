package io.viworks.backplane;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Waiting for what Redis answers. Everything in this module answers by a stage that fails with
 * {@link WorldAway}; whoever may block waits for it here. Stages complete on the connection's own
 * thread: what continues there must not block.
 */
public final class Answers {
    private Answers() {}

    /**
     * Waits for the answer; every command has a timeout, so this ends.
     *
     * @throws WorldAway when Redis cannot be reached just now
     */
    public static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw rethrown(e);
        } catch (CancellationException e) {
            throw new WorldAway("Redis: the request was cancelled", e);
        }
    }

    private static RuntimeException rethrown(CompletionException e) {
        return switch (e.getCause()) {
            case Error error -> throw error;
            case RuntimeException fault -> fault;
            case null, default -> e;
        };
    }
}
