package io.viworks.admin.event.live;

import io.viworks.backplane.stream.StreamIds;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.protocol.AgentId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * One reader's place in a feed. As long as it keeps up, the feed fills its queue; when it does not,
 * or asks for what was before, it reads pages of the stream by itself until it is where the feed
 * is. Nothing is left out and nothing comes twice. What the feed calls is called with the feed's
 * lock held; the rest is for the reader's thread.
 *
 * @param <R> the records the stream carries
 */
final class Subscription<R extends StreamRecord> implements AutoCloseable {
    private final Feed<R> feed;
    private final Interest<R> interest;
    private final Semaphore wake;
    private final Queue<Item<R>> queue = new ArrayDeque<>();

    /** All up to here is in the queue, or was taken from it, or is not wanted. */
    private @Nullable String place;

    private boolean behind;
    private boolean proven;
    private long overflowed;
    private boolean slow;

    Subscription(Feed<R> feed, Interest<R> interest, @Nullable String from, Semaphore wake) {
        this.feed = feed;
        this.interest = interest;
        this.wake = wake;
        this.place = from;
        this.behind = true;
    }

    /** What one attempt to catch up came to. */
    sealed interface Step<R extends StreamRecord> {
        /**
         * Here is a part of what was missed.
         *
         * @param more whether the next step may find more
         */
        record Missed<R extends StreamRecord>(List<Item<R>> items, boolean more)
                implements Step<R> {}

        /** It had no place: it begins where the feed is, with what comes from now on. */
        record Begun<R extends StreamRecord>(String place) implements Step<R> {}

        /** What it missed is not kept any more: {@link #restart} says where to go on. */
        record Gap<R extends StreamRecord>() implements Step<R> {}

        /** The feed does not know yet where it is. */
        record Waiting<R extends StreamRecord>() implements Step<R> {}
    }

    Interest<R> interest() {
        return interest;
    }

    /** The next one, when it keeps up. */
    @Nullable Item<R> poll() {
        synchronized (feed.lock) {
            moves();
            return queue.poll();
        }
    }

    /** Whether there is something to be read that the queue does not hold. */
    boolean behind() {
        synchronized (feed.lock) {
            return behind && queue.isEmpty();
        }
    }

    /** Whether it was too slow for too long. */
    boolean tooSlow() {
        synchronized (feed.lock) {
            return slow;
        }
    }

    /** Up to where everything was taken by the reader, when it keeps up. */
    @Nullable String upTo() {
        synchronized (feed.lock) {
            return behind || !queue.isEmpty() ? null : place;
        }
    }

    /** Reads a part of what was missed; the queue must be empty. */
    Step<R> step() {
        String from;
        synchronized (feed.lock) {
            if (place == null) {
                return begin();
            }
            from = place;
        }
        // Before everything is where nobody was: what has gone since cannot be told.
        if (!proven && (from.equals(StreamIds.FIRST) || feed.isAhead(from))) {
            return new Step.Gap<>();
        }
        Feed.Part<R> part = feed.missed(from, interest);
        if (part.torn() && !from.equals(StreamIds.FIRST)) {
            return new Step.Gap<>();
        }
        proven = true;
        synchronized (feed.lock) {
            moves();
            place = part.last();
            String there = feed.position();
            if (!part.full() && there != null && StreamIds.ORDER.compare(part.last(), there) >= 0) {
                keepsUp();
            }
        }
        return new Step.Missed<>(part.items(), !part.last().equals(from));
    }

    private Step<R> begin() {
        String there = feed.position();
        if (there == null) {
            return new Step.Waiting<>();
        }
        place = there;
        proven = true;
        keepsUp();
        return new Step.Begun<>(there);
    }

    /** Its reader takes something: however much there is for it, it is not stuck. */
    private void moves() {
        if (overflowed != 0) {
            overflowed = System.nanoTime();
        }
    }

    private void keepsUp() {
        behind = false;
        overflowed = 0;
    }

    /** Goes on from another place; null for where the feed is. */
    void restart(@Nullable String from) {
        synchronized (feed.lock) {
            queue.clear();
            behind = true;
            place = from;
            proven = from != null;
        }
    }

    /** The feed has this one; {@code most} may wait. */
    void offer(Item<R> item, Map<AgentId, String> sites, int most, long now) {
        if (behind || (place != null && StreamIds.ORDER.compare(item.id(), place) <= 0)) {
            return;
        }
        if (interest.wants(item.record(), sites)) {
            if (queue.size() >= most) {
                behind = true;
                overflowed = now;
                return;
            }
            queue.add(item);
            wake.release();
        }
        place = item.id();
    }

    /** The feed has read up to here. */
    void passed(String id) {
        if (!behind && place != null && StreamIds.ORDER.compare(id, place) > 0) {
            place = id;
        }
    }

    /** The feed could not tell what is for it: it finds out by itself. */
    void fallBehind() {
        behind = true;
        wake.release();
    }

    /** Something it cannot know has happened: it begins anew. */
    void mustRestart() {
        behind = true;
        proven = false;
        wake.release();
    }

    /** Whether it has been let go, now or before, for being slow. */
    boolean letGoWhenSlow(long now, Duration patience) {
        if (!slow && overflowed != 0 && now - overflowed > patience.toNanos()) {
            slow = true;
            wake.release();
            return true;
        }
        return false;
    }

    void wake() {
        wake.release();
    }

    @Override
    public void close() {
        feed.leave(this);
    }
}
