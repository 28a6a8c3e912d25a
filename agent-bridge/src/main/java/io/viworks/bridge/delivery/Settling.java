package io.viworks.bridge.delivery;

import io.viworks.backplane.WorldAway;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The ends of the deliveries of a batch, waited for or not. */
final class Settling {
    /** Every part of a delivery has a shorter limit of its own; this one is for what is left. */
    private static final Duration LONGEST = Duration.ofSeconds(15);

    private Settling() {}

    /** When all have ended, whatever the others came to; fails when one does. */
    static CompletionStage<?> ofAll(List<? extends CompletionStage<?>> all) {
        return all.size() == 1 ? all.getFirst() : CompletableFuture.allOf(futures(all));
    }

    /**
     * Waits for all, so that one's failure ends no other half way, and then reports the worst.
     *
     * @param each told what became of each that did not fail
     */
    static void awaitAll(List<CompletionStage<String>> all, Consumer<String> each)
            throws Exception {
        awaitEnds(all);
        @Nullable Exception fault = null;
        @Nullable WorldAway away = null;
        for (CompletionStage<String> one : all) {
            try {
                each.accept(await(one));
            } catch (WorldAway worldAway) {
                away = worldAway;
            } catch (InterruptedException interrupted) {
                throw interrupted;
            } catch (Exception other) {
                fault = other;
            }
        }
        if (away != null) {
            throw away;
        }
        if (fault != null) {
            throw fault;
        }
    }

    /** Until none is under way, or as long as a delivery may take: one wait for all of a batch. */
    private static void awaitEnds(List<CompletionStage<String>> all) throws InterruptedException {
        try {
            var _ =
                    CompletableFuture.allOf(futures(all))
                            .get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // Each is looked at by itself.
        }
    }

    private static CompletableFuture<?>[] futures(List<? extends CompletionStage<?>> all) {
        return all.stream()
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new);
    }

    /** Waits for one. */
    static <T> T await(CompletionStage<T> stage) throws Exception {
        try {
            return stage.toCompletableFuture().get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            throw new WorldAway("a delivery was not decided in time", late);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof CompletionException wrapped && wrapped.getCause() != null) {
                cause = wrapped.getCause();
            }
            throw cause instanceof Exception known ? known : e;
        }
    }
}
