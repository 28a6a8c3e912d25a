package io.viworks.backplane.stream;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.Closing.LoopStopped;
import io.viworks.protocol.Bytes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a batch to its end: handled and acknowledged; held and tried again while the world is
 * away; or halved until the record at fault stands alone, which is set aside after its tries (spec
 * 3.2). One thread uses it.
 */
final class BatchInHand<R extends StreamRecord> {
    private static final Logger log = LoggerFactory.getLogger(BatchInHand.class);

    private final Group group;
    private final Subscription<R> subscription;
    private final BatchHandler<R> handler;
    private final SetAsideHook<R> hook;
    private final LoopOptions options;
    private final LoopMeters meters;
    private final InHand inHand;
    private final Closing closing;
    private final RandomGenerator random;
    private final Acknowledging acknowledging;
    private final HeldBack<R> heldBack = new HeldBack<>();
    private final AtomicReference<@Nullable String> holding = new AtomicReference<>();

    BatchInHand(
            Group group,
            Subscription<R> subscription,
            BatchHandler<R> handler,
            SetAsideHook<R> hook,
            LoopOptions options,
            LoopMeters meters,
            InHand inHand,
            Closing closing,
            RandomGenerator random) {
        this.group = group;
        this.subscription = subscription;
        this.handler = handler;
        this.hook = hook;
        this.options = options;
        this.meters = meters;
        this.inHand = inHand;
        this.closing = closing;
        this.random = random;
        this.acknowledging = new Acknowledging(group, inHand, this::insist);
    }

    /** What the batch waits for, when it is held. Any thread may ask. */
    Optional<String> holding() {
        return Optional.ofNullable(holding.get());
    }

    /** Waits until what is done is acknowledged; to be called before others than new are read. */
    void settle() {
        acknowledging.settle();
    }

    /**
     * Gives the items to the handler; returns when each of them has met its end, but for the answer
     * to the last acknowledgement.
     */
    void finish(List<Item<R>> items) {
        Pauses pauses = pauses();
        for (int tries = 1; ; ) {
            Throwable fault = handled(items);
            if (fault == null) {
                acknowledge(items.stream().map(Item::id).toList());
                meters.handled.increment(items.size());
                return;
            } else if (fault instanceof WorldAway away) {
                hold(away);
            } else if (fault instanceof NotYet notYet) {
                holdBack(items, notYet);
                return;
            } else if (items.size() > 1) {
                log.atWarn()
                        .addKeyValue("event", "batch_halved")
                        .addKeyValue("error", DeadLetter.error(fault))
                        .log("A record among {} is at fault; halving", items.size());
                finish(items.subList(0, items.size() / 2));
                finish(items.subList(items.size() / 2, items.size()));
                return;
            } else if (tries++ >= options.tries()) {
                Item<R> item = items.getFirst();
                setAside(
                        letter(
                                item.id(),
                                item.fields(),
                                item.entry().record(),
                                SetAside.Reason.FAULT,
                                DeadLetter.error(fault),
                                options.tries()));
                return;
            }
            pauses.pause();
        }
    }

    /** The rest is done; these are given again when {@link #giveAgain} is called. */
    private void holdBack(List<Item<R>> items, NotYet notYet) {
        List<Item<R>> held =
                items.stream().filter(item -> notYet.ids().contains(item.id())).toList();
        List<String> done =
                items.stream().map(Item::id).filter(id -> !notYet.ids().contains(id)).toList();
        if (!done.isEmpty()) {
            acknowledge(done);
            meters.handled.increment(done.size());
        }
        heldBack.add(held);
        holding.set(null);
    }

    /** Whether this entry is held back. */
    boolean holdsBack(String id) {
        return heldBack.has(id);
    }

    /** How many are held back. Any thread may ask. */
    int heldBack() {
        return heldBack.size();
    }

    /** Gives what is held back to the handler again, when it is time to. */
    void giveAgain() {
        if (!heldBack.isDue()) {
            return;
        }
        List<Item<R>> again = heldBack.take();
        for (int from = 0; from < again.size(); from += options.batch()) {
            finish(again.subList(from, Math.min(again.size(), from + options.batch())));
        }
    }

    /** What the handler threw, or null when it returned. */
    private @Nullable Throwable handled(List<Item<R>> items) {
        meters.batchSize.record(items.size());
        long start = System.nanoTime();
        try {
            handler.handle(items.stream().map(Item::entry).toList());
            holding.set(null);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoopStopped();
        } catch (Exception | StackOverflowError fault) {
            if (closing.forced()) {
                throw new LoopStopped();
            }
            return fault;
        } finally {
            meters.handling.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        }
    }

    /** Sets aside what could not even be read. */
    void setAsideMalformed(String id, Map<String, byte[]> fields, MalformedRecord fault) {
        setAside(
                letter(
                        id,
                        fields,
                        null,
                        SetAside.Reason.MALFORMED,
                        String.valueOf(fault.getMessage()),
                        1));
    }

    private SetAside<R> letter(
            String id,
            Map<String, byte[]> fields,
            @Nullable R record,
            SetAside.Reason reason,
            String error,
            int deliveries) {
        Map<String, Bytes> bytes = new LinkedHashMap<>();
        fields.forEach((name, value) -> bytes.put(name, Bytes.of(value)));
        return new SetAside<>(subscription.stream(), id, bytes, record, reason, error, deliveries);
    }

    /** The hook first: once the letter is written nobody comes back to this record. */
    private void setAside(SetAside<R> letter) {
        insist(() -> tell(letter));
        insist(() -> group.setAside(letter.id(), letter.deliveries(), DeadLetter.fields(letter)));
        inHand.finish(List.of(letter.id()));
        meters.setAside.increment();
        log.atError()
                .addKeyValue("event", "dead_letter")
                .addKeyValue("error", letter.error())
                .log("Set aside {} of {}: {}", letter.id(), letter.stream(), letter.reason());
    }

    private void tell(SetAside<R> letter) {
        try {
            hook.settingAside(letter);
        } catch (WorldAway away) {
            throw away;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LoopStopped();
        } catch (Exception fault) {
            if (closing.forced()) {
                throw new LoopStopped();
            }
            meters.hookFailures.increment();
            log.atError()
                    .addKeyValue("event", "set_aside_hook_failed")
                    .addKeyValue("error", DeadLetter.error(fault))
                    .log("What depends on {} of {} may not end", letter.id(), letter.stream());
        }
    }

    /** Acknowledges entries that were trimmed while they were pending. */
    void lose(List<String> ids) {
        acknowledge(ids);
        meters.lost.increment(ids.size());
        log.atWarn()
                .addKeyValue("event", "records_lost")
                .log("{} entries of {} were trimmed unread", ids.size(), subscription.stream());
    }

    /** Begins to acknowledge what is done. */
    void acknowledge(List<String> ids) {
        acknowledging.begin(ids);
    }

    /** Does it again until the world is back. */
    private void insist(Runnable action) {
        Pauses pauses = pauses();
        while (true) {
            try {
                action.run();
                holding.set(null);
                return;
            } catch (WorldAway away) {
                hold(away);
                pauses.pause();
            }
        }
    }

    private void hold(WorldAway away) {
        meters.held.increment();
        String reason = String.valueOf(away.getMessage());
        if (holding.getAndSet(reason) == null) {
            log.atWarn()
                    .addKeyValue("event", "batch_held")
                    .addKeyValue("error", reason)
                    .log("Holding {} entries of {}", inHand.size(), subscription.stream());
        }
    }

    private Pauses pauses() {
        return new Pauses(closing, options, random);
    }
}
