package io.viworks.admin.event.live;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** One reader of changes, from its request to its end. For the thread that serves it. */
final class EventSession {
    /** Between two attempts of a reader that cannot catch up just now. */
    static final Duration RETRY = Duration.ofSeconds(1);

    private final Feed<OfEvents> feed;
    private final Shown shown;
    private final EventSettings settings;
    private final Listener listener;
    private final SseOut out;
    private final Semaphore wake = new Semaphore(0);
    private boolean told;
    private boolean resumed;
    private @Nullable Instant awaySince;

    EventSession(
            Feed<OfEvents> feed,
            Shown shown,
            EventSettings settings,
            Listener listener,
            SseOut out) {
        this.feed = feed;
        this.shown = shown;
        this.settings = settings;
        this.listener = listener;
        this.out = out;
    }

    /** Why a stream has ended. */
    enum End {
        /** This process ends. */
        CLOSED,
        /** Its reader took too little for too long. */
        SLOW,
        /** Its token opens nothing any more, or something else. */
        RIGHTS
    }

    /**
     * Writes until there is an end.
     *
     * @param from behind which event the reader goes on; null to begin
     * @throws IOException when the reader has gone, or takes nothing
     */
    End run(EventInterest interest, @Nullable String from)
            throws IOException, InterruptedException {
        resumed = from != null;
        try (Subscription<OfEvents> reader = feed.subscribe(interest, from, wake)) {
            out.flush();
            while (true) {
                if (feed.closed()) {
                    return End.CLOSED;
                }
                if (reader.tooSlow()) {
                    return End.SLOW;
                }
                if (!listener.mayListen()) {
                    return End.RIGHTS;
                }
                boolean more = write(reader);
                if (!more) {
                    beat(reader);
                    await(reader);
                }
            }
        }
    }

    /** Writes what there is; answers whether there is more at once. */
    private boolean write(Subscription<OfEvents> reader) throws IOException {
        boolean wrote = tellAway();
        for (Item<OfEvents> item = reader.poll(); item != null; item = reader.poll()) {
            event(item);
            wrote = true;
        }
        boolean more = false;
        if (reader.behind()) {
            more = catchUp(reader);
            wrote |= more;
        }
        if (wrote) {
            out.flush();
        }
        return more;
    }

    private boolean catchUp(Subscription<OfEvents> reader) throws IOException {
        Subscription.Step<OfEvents> step;
        try {
            step = reader.step();
        } catch (WorldAway | DataAccessException | TransactionException away) {
            return false; // in a moment again; the feed itself says when Redis is away
        }
        return switch (step) {
            case Subscription.Step.Missed<OfEvents>(List<Item<OfEvents>> items, boolean more) -> {
                ready(null, true);
                for (Item<OfEvents> item : items) {
                    event(item);
                }
                out.flush(); // Also when there is no more, or was nothing: that it goes on.
                yield more;
            }
            case Subscription.Step.Begun<OfEvents>(String place) -> {
                if (resumed) {
                    told = true;
                    out.event(place, "reset", shown.of(new Shown.Reset("gap")));
                } else {
                    ready(place, false);
                }
                yield true;
            }
            case Subscription.Step.Gap<OfEvents>() -> {
                resumed = true;
                reader.restart(null);
                yield true;
            }
            case Subscription.Step.Waiting<OfEvents>() -> false;
        };
    }

    /** Said once, before anything else: from here on nothing is missed. */
    private void ready(@Nullable String place, boolean goesOn) throws IOException {
        if (!told) {
            told = true;
            resumed = true;
            out.event(place, "ready", shown.of(new Shown.Ready(goesOn)));
        }
    }

    private void event(Item<OfEvents> item) throws IOException {
        out.event(item.id(), Shown.nameOf(item.record()), item.shown(shown::of));
    }

    private boolean tellAway() throws IOException {
        Instant since = feed.awaySince();
        if (since != null && awaySince == null) {
            out.event(null, "away", shown.of(new Shown.Away(since)));
        } else if (since == null && awaySince != null) {
            out.event(null, "back", shown.of(new Shown.Back()));
        } else {
            return false;
        }
        awaySince = since;
        return true;
    }

    private void beat(Subscription<OfEvents> reader) throws IOException {
        if (out.silence().compareTo(settings.heartbeat()) >= 0) {
            out.heartbeat(told ? reader.upTo() : null);
            out.flush();
        }
    }

    private void await(Subscription<OfEvents> reader) throws InterruptedException {
        Duration wait = settings.heartbeat().minus(out.silence());
        wait = shorter(wait, Listener.EVERY);
        if (reader.behind()) {
            wait = shorter(wait, RETRY);
        }
        boolean _ = wake.tryAcquire(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS);
        wake.drainPermits();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
