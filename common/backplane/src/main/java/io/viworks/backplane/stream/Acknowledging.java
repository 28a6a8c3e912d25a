package io.viworks.backplane.stream;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Acknowledges what is done, without a wait: new entries may be read meanwhile. One request is
 * under way at most, and whoever reads anything else than what is new must {@link #settle} first,
 * for it would be given again what is done. One thread uses it.
 */
final class Acknowledging {
    private final Group group;
    private final InHand inHand;
    private final Consumer<Runnable> insisting;
    private List<String> ids = List.of();
    private @Nullable CompletionStage<Long> answer;

    /**
     * Nothing is under way.
     *
     * @param insisting does something again until the world is back
     */
    Acknowledging(Group group, InHand inHand, Consumer<Runnable> insisting) {
        this.group = group;
        this.inHand = inHand;
        this.insisting = insisting;
    }

    /** Begins to acknowledge these, when those before are. */
    void begin(List<String> done) {
        settle();
        ids = done;
        answer =
                group.acknowledging(done)
                        .thenApply(count -> {
                            inHand.finish(done);
                            return count;
                        });
    }

    /** Waits until nothing is under way, and tries again what went wrong. */
    void settle() {
        CompletionStage<Long> underway = answer;
        if (underway == null) {
            return;
        }
        answer = null;
        if (!Group.isDone(underway)) {
            insisting.accept(() -> group.acknowledge(ids));
            inHand.finish(ids);
        }
    }
}
