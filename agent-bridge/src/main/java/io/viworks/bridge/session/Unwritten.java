package io.viworks.bridge.session;

import io.viworks.bridge.ingress.Fate;
import io.viworks.bridge.limit.ByteBudget;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What an agent said of its commands and Redis could not take: kept and tried again, one after the
 * other, while nothing more is read from the socket, so that the rest waits at the agent. A record
 * that was written by a try whose answer was lost is written twice, and of two that were under way
 * at once when Redis went the later may be written first; neither changes anything, for the ledger
 * ranks what it reads (spec 3.1, 3.5). For the socket's own thread.
 */
final class Unwritten {
    /** Between two tries. */
    static final Duration TRY_EVERY = Duration.ofMillis(500);

    private final Wire wire;
    private final Intake intake;
    private final ByteBudget process;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private boolean ended;

    /**
     * Nothing waits.
     *
     * @param process bytes that may wait in this process; what does not fit is given up
     */
    Unwritten(Wire wire, Intake intake, ByteBudget process) {
        this.wire = wire;
        this.intake = intake;
        this.process = process;
    }

    private record Waiting(
            int bytes, Supplier<CompletionStage<Fate>> write, Consumer<Fate> settled) {}

    /**
     * Writes a record, behind those that wait already.
     *
     * @param write one try
     * @param settled told once, with {@link Fate#AWAY} when it was given up
     */
    void write(int bytes, Supplier<CompletionStage<Fate>> write, Consumer<Fate> settled) {
        Waiting one = new Waiting(bytes, write, settled);
        if (waiting.isEmpty()) {
            var _ = write.get().thenAccept(fate -> wire.execute(() -> tried(one, fate)));
        } else {
            keep(one);
        }
    }

    private void tried(Waiting one, Fate fate) {
        if (fate == Fate.AWAY && !ended) {
            keep(one);
        } else {
            one.settled().accept(fate);
        }
    }

    private void keep(Waiting one) {
        if (!process.tryTake(one.bytes())) {
            one.settled().accept(Fate.AWAY);
            return;
        }
        waiting.add(one);
        if (waiting.size() == 1) {
            intake.pause(Intake.Reason.AWAY);
            later();
        }
    }

    private void later() {
        var _ = wire.after(TRY_EVERY, this::again);
    }

    private void again() {
        Waiting first = waiting.peek();
        if (first != null) {
            var _ =
                    first.write()
                            .get()
                            .thenAccept(fate -> wire.execute(() -> triedAgain(first, fate)));
        }
    }

    private void triedAgain(Waiting first, Fate fate) {
        if (ended) {
            return;
        }
        if (fate == Fate.AWAY) {
            later();
            return;
        }
        waiting.remove();
        process.give(first.bytes());
        first.settled().accept(fate);
        if (waiting.isEmpty()) {
            intake.resume(Intake.Reason.AWAY);
        } else {
            again();
        }
    }

    /** The session ends: what waits gets a last try. */
    void end() {
        ended = true;
        List<Waiting> left = new ArrayList<>(waiting);
        waiting.clear();
        for (Waiting one : left) {
            process.give(one.bytes());
            var _ =
                    one.write()
                            .get()
                            .thenAccept(fate -> wire.execute(() -> one.settled().accept(fate)));
        }
    }
}
