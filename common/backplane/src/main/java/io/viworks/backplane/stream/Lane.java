package io.viworks.backplane.stream;

import io.netty.channel.EventLoop;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.Closing.LoopStopped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of the threads of a {@link ConsumerLoop}, a consumer of its own: it reads what is pending for
 * itself first, at the start and after every loss of its connection; from time to time it takes
 * over what others left; then what is new.
 */
final class Lane<R extends StreamRecord> implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Lane.class);

    private final Subscription<R> subscription;
    private final LoopOptions options;
    private final Group group;
    private final GroupReader reader;
    private final Gathering<R> gathering;
    private final LoopMeters meters;
    private final InHand inHand = new InHand();
    private final Closing closing;
    private final BatchInHand<R> batch;
    private final Prompt<R> prompt;
    private final boolean readsOnLoop;
    private final Pauses pauses;

    private boolean ownPending = true;
    private String takeOverCursor = StreamIds.FIRST;
    private long takeOverAt = System.nanoTime();
    private volatile String away = "";

    Lane(
            RedisConnections connections,
            Subscription<R> subscription,
            BatchHandler<R> handler,
            SetAsideHook<R> settingAside,
            LoopOptions options,
            LoopMeters meters,
            Gathering<R> gathering,
            Closing closing,
            @Nullable EventLoop loop) {
        this.subscription = subscription;
        this.options = options;
        this.group = new Group(connections, subscription);
        this.reader = new GroupReader(connections, subscription, options, loop);
        this.meters = meters;
        this.gathering = gathering;
        this.closing = closing;
        SplittableRandom random = new SplittableRandom();
        this.batch =
                new BatchInHand<>(
                        group,
                        subscription,
                        handler,
                        settingAside,
                        options,
                        meters,
                        inHand,
                        closing,
                        random);
        this.prompt =
                new Prompt<>(
                        group,
                        subscription,
                        handler,
                        meters,
                        inHand,
                        options.batch(),
                        ConsumerLoop.LONGEST_PROMPT);
        this.readsOnLoop = loop != null;
        this.pauses = new Pauses(closing, options, random);
    }

    Group group() {
        return group;
    }

    InHand inHand() {
        return inHand;
    }

    /** What it waits for just now. */
    Optional<String> waitingFor() {
        String reason = away;
        return batch.holding().or(() -> reason.isEmpty() ? Optional.empty() : Optional.of(reason));
    }

    /** How many entries its handler could not judge yet. */
    int heldBack() {
        return batch.heldBack();
    }

    @Override
    public void run() {
        try {
            while (!closing.asked()) {
                turn();
            }
            settle();
        } catch (LoopStopped _) {
            log.atInfo().addKeyValue("event", "loop_stopped").log("Left {} entries", inHand.size());
        } catch (Throwable fault) {
            log.atError()
                    .addKeyValue("event", "loop_died")
                    .setCause(fault)
                    .log("The loop of {} has ended", subscription.stream());
        } finally {
            prompt.abandon();
            meters.left.increment(inHand.leave());
            reader.close();
        }
    }

    private void turn() {
        try {
            batch.giveAgain();
            if (prompt.hasGoneWrong()) {
                settleBegun(); // all of it, for it is handled in the order it was read
            }
            if (ownPending) {
                settle();
                ownPending = !finish(reader.readOwn(batch.heldBack()));
            } else if (System.nanoTime() - takeOverAt >= 0) {
                batch.settle();
                takeOver();
            } else if (isFull()) {
                closing.pause(HeldBack.PAUSE);
            } else {
                finish(readNew());
            }
            pauses.reset();
            away = isFull() ? batch.heldBack() + " entries cannot be judged yet" : "";
        } catch (WorldAway worldAway) {
            waitFor(worldAway);
        }
    }

    private List<RawEntry> readNew() {
        return readsOnLoop ? reader.readNew(prompt::takesOn) : gathering.read(reader);
    }

    /** Until all that was read has met its end and is acknowledged. */
    private void settle() {
        settleBegun();
        batch.settle();
    }

    /** Until all that was begun has ended; brings what of it went wrong to its end. */
    private void settleBegun() {
        prompt.settle();
        List<Item<R>> failed = prompt.failed();
        for (int from = 0; from < failed.size(); from += options.batch()) {
            batch.finish(failed.subList(from, Math.min(failed.size(), from + options.batch())));
        }
        List<String> unacknowledged = prompt.unacknowledged();
        if (!unacknowledged.isEmpty()) {
            batch.acknowledge(unacknowledged);
            meters.handled.increment(unacknowledged.size());
        }
    }

    /**
     * More than a batch held back holds the stream. What others left is taken over all the same:
     * that may be what they wait for.
     */
    private boolean isFull() {
        return batch.heldBack() > options.batch();
    }

    private void waitFor(WorldAway worldAway) {
        ownPending = true;
        if (away.isEmpty()) {
            log.atWarn()
                    .addKeyValue("event", "stream_away")
                    .addKeyValue("error", worldAway.getMessage())
                    .log("{} cannot be read; trying again", subscription.stream());
        }
        away = String.valueOf(worldAway.getMessage());
        pauses.pause();
    }

    private void takeOver() {
        Group.TakeOver found = group.takeOver(takeOverCursor, options.idle(), options.batch());
        takeOverCursor = found.cursor();
        if (found.taken() > 0) {
            meters.takenOver.increment((double) found.taken());
            ownPending = true;
        }
        boolean more = !takeOverCursor.equals(StreamIds.FIRST);
        if (!more) {
            takeOverAt = System.nanoTime() + options.takeOverEvery().toNanos();
        }
    }

    /** Brings what was read to its end; answers whether there was nothing. */
    private boolean finish(List<RawEntry> read) {
        List<RawEntry> entries =
                read.stream()
                        .filter(entry -> !batch.holdsBack(entry.id()))
                        .limit(options.batch())
                        .toList();
        if (entries.isEmpty()) {
            return true;
        }
        meters.read.increment(entries.size());
        inHand.take(entries.stream().map(RawEntry::id).toList());
        settleBegun();
        List<String> lost = entries.stream().filter(RawEntry::isTrimmed).map(RawEntry::id).toList();
        if (!lost.isEmpty()) {
            batch.lose(lost);
        }
        List<Item<R>> items = new ArrayList<>(entries.size());
        for (RawEntry entry : entries) {
            if (!entry.isTrimmed()) {
                decode(entry.id(), entry.fields(), items);
            }
        }
        if (!items.isEmpty()) {
            batch.finish(items);
        }
        return false;
    }

    private void decode(String id, Map<String, byte[]> fields, List<Item<R>> items) {
        try {
            R record = RecordFields.read(subscription.records(), id, fields);
            items.add(new Item<>(new Entry<>(id, record), fields));
        } catch (MalformedRecord malformed) {
            batch.setAsideMalformed(id, fields, malformed);
        }
    }
}
