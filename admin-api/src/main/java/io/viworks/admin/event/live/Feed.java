package io.viworks.admin.event.live;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.redis.Answer;
import io.viworks.backplane.RedisConnections;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.stream.Entry;
import io.viworks.backplane.stream.StreamIds;
import io.viworks.backplane.stream.StreamPages;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.backplane.stream.StreamTail;
import io.viworks.protocol.AgentId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * The one reader of a bounded stream in this process. It waits at the stream's end, while anybody
 * wants to know, and puts what is new into the queues of all readers; it never waits for one of
 * them. Thread-safe.
 *
 * @param <R> the records the stream carries
 */
final class Feed<R extends StreamRecord> implements AutoCloseable {
    /** The longest wait for something new: also how late a lost memory of Redis is noticed. */
    private static final Duration BLOCK = Duration.ofSeconds(1);

    /** Between two readings when there is much: what comes in between is read together. */
    private static final Duration TICK = Duration.ofMillis(20);

    /** Between two attempts while Redis is away. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** Entries of one reading. */
    private static final int PAGE = 500;

    /** Pages that readers of this process read for themselves at the same time. */
    private static final int MAX_PAGES = 8;

    private static final Logger log = LoggerFactory.getLogger(Feed.class);

    /** Guards the readers and their places. */
    final Object lock = new Object();

    private final String name;
    private final Source<R> source;
    private final StreamPages<R> pages;
    private final StreamTail<R> tail;
    private final EventSettings settings;
    private final InstantSource clock;
    private final Semaphore reading = new Semaphore(MAX_PAGES);
    private final Set<Subscription<R>> subscriptions = new LinkedHashSet<>();
    private final Counter read;
    private final Counter slow;
    private final Counter gaps;
    private final Thread thread;
    private @Nullable String position;
    private @Nullable Instant awaySince;
    private volatile boolean closed;

    /**
     * Where the records come from.
     *
     * @param agentOf whose a record is; null for nobody's
     * @param sitesOf the sites of gateways now
     */
    record Source<R extends StreamRecord>(
            String stream,
            Class<R> type,
            Function<R, @Nullable AgentId> agentOf,
            Function<Collection<AgentId>, Map<AgentId, String>> sitesOf) {}

    Feed(
            String name,
            Source<R> source,
            RedisConnections redis,
            EventSettings settings,
            InstantSource clock,
            MeterRegistry meters) {
        this.name = name;
        this.source = source;
        this.pages = new StreamPages<>(redis, source.stream(), source.type());
        this.tail = new StreamTail<>(redis, source.stream(), source.type(), BLOCK);
        this.settings = settings;
        this.clock = clock;
        this.read = meters.counter("viw.api.events.read", "feed", name);
        this.slow = meters.counter("viw.api.events.slow", "feed", name);
        this.gaps = meters.counter("viw.api.events.gaps", "feed", name);
        Gauge.builder("viw.api.events.readers", this, Feed::readers)
                .tag("feed", name)
                .register(meters);
        this.thread = Thread.ofVirtual().name("feed-" + name).start(this::run);
    }

    /**
     * A new reader.
     *
     * @param from behind which place it reads; null for what comes from now on
     * @param wake is released whenever there is something for it to do
     */
    Subscription<R> subscribe(Interest<R> interest, @Nullable String from, Semaphore wake) {
        Subscription<R> subscription = new Subscription<>(this, interest, from, wake);
        synchronized (lock) {
            subscriptions.add(subscription);
            lock.notifyAll();
        }
        return subscription;
    }

    void leave(Subscription<R> subscription) {
        synchronized (lock) {
            subscriptions.remove(subscription);
        }
    }

    /** Up to where all was given to the readers; null before it is known. For the lock's holder. */
    @Nullable String position() {
        return position;
    }

    /** Since when the stream cannot be read; null when it can. */
    @Nullable Instant awaySince() {
        synchronized (lock) {
            return awaySince;
        }
    }

    /** Whether it ends: whoever reads from it ends, too. */
    boolean closed() {
        return closed;
    }

    /** Whether somebody reads who should. */
    boolean alive() {
        return thread.isAlive();
    }

    private int readers() {
        synchronized (lock) {
            return subscriptions.size();
        }
    }

    /**
     * A part of the stream that a reader has missed.
     *
     * @param last up to where it goes
     * @param full whether there may be more behind it
     * @param torn whether something before it may be missing
     */
    record Part<R extends StreamRecord>(
            List<Item<R>> items, String last, boolean full, boolean torn) {}

    /** Reads for one reader. */
    Part<R> missed(String from, Interest<R> interest) {
        reading.acquireUninterruptibly();
        try {
            StreamPages.Page<R> page = Answer.of(pages.after(from, "+", PAGE));
            boolean torn = !Answer.of(pages.reaches(from));
            List<Item<R>> items = items(page);
            Map<AgentId, String> sites = interest.needsSites() ? sites(items) : Map.of();
            return new Part<>(
                    items.stream().filter(item -> interest.wants(item.record(), sites)).toList(),
                    page.last(),
                    page.full(),
                    torn);
        } finally {
            reading.release();
        }
    }

    /** Whether a place is one that the stream has not come to: it is not of this Redis's life. */
    boolean isAhead(String place) {
        return StreamIds.ORDER.compare(place, Answer.of(pages.newest())) > 0;
    }

    /** Whether there is something behind this place. */
    boolean isBeyond(String place) {
        return StreamIds.ORDER.compare(Answer.of(pages.newest()), place) > 0;
    }

    /** Whether all behind this place is kept. */
    boolean keeps(String place) {
        return Answer.of(pages.reaches(place));
    }

    private List<Item<R>> items(StreamPages.Page<R> page) {
        return page.entries().stream().map(Feed::item).toList();
    }

    private static <R extends StreamRecord> Item<R> item(Entry<R> entry) {
        return new Item<>(entry.id(), entry.record());
    }

    private Map<AgentId, String> sites(List<Item<R>> items) {
        Set<AgentId> agents = new HashSet<>();
        for (Item<R> item : items) {
            AgentId agent = source.agentOf().apply(item.record());
            if (agent != null) {
                agents.add(agent);
            }
        }
        return agents.isEmpty() ? Map.of() : source.sitesOf().apply(agents);
    }

    private void run() {
        while (!closed) {
            try {
                if (waitedForReaders()) {
                    look();
                }
            } catch (WorldAway away) {
                away(away);
                pause(PAUSE);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException fault) {
                log.atError()
                        .addKeyValue("event", "feed_failed")
                        .setCause(fault)
                        .log("reading {} failed and is tried again", name);
                pause(PAUSE);
            }
        }
    }

    /** Without readers nothing is read, and the place is forgotten. */
    private boolean waitedForReaders() throws InterruptedException {
        synchronized (lock) {
            if (!subscriptions.isEmpty()) {
                return true;
            }
            position = null;
            awaySince = null;
            tail.close();
            while (subscriptions.isEmpty() && !closed) {
                lock.wait();
            }
            return !closed;
        }
    }

    private void look() {
        String from;
        synchronized (lock) {
            from = position;
        }
        if (from == null) {
            String newest = Answer.of(pages.newest());
            synchronized (lock) {
                position = newest;
                subscriptions.forEach(Subscription::wake);
            }
            back();
            return;
        }
        StreamPages.Page<R> page = tail.after(from, PAGE, _ -> true);
        boolean torn = !from.equals(StreamIds.FIRST) && !Answer.of(pages.reaches(from));
        if (torn) {
            startAnew();
        } else {
            publish(page);
        }
        back();
        if (!page.entries().isEmpty()) {
            pause(TICK);
        }
    }

    /** Redis has lost what was here, or it was trimmed unread: all readers find that out. */
    private void startAnew() {
        gaps.increment();
        String newest = Answer.of(pages.newest());
        synchronized (lock) {
            position = newest;
            subscriptions.forEach(Subscription::mustRestart);
        }
        log.atWarn()
                .addKeyValue("event", "feed_torn")
                .log("{} has lost what was not read; readers are told to load anew", name);
    }

    private void publish(StreamPages.Page<R> page) {
        List<Item<R>> items = items(page);
        read.increment(items.size());
        Map<AgentId, String> sites = items.isEmpty() ? Map.of() : sitesForAll(items);
        long now = System.nanoTime();
        synchronized (lock) {
            for (Subscription<R> one : subscriptions) {
                if (sites == null && one.interest().needsSites()) {
                    one.fallBehind();
                    continue;
                }
                for (Item<R> item : items) {
                    one.offer(item, sites == null ? Map.of() : sites, settings.queue(), now);
                }
                one.passed(page.last());
                if (one.letGoWhenSlow(now, settings.slowFor())) {
                    slow.increment();
                }
            }
            position = page.last();
        }
    }

    /** One question for all readers that are limited to sites; null when it has no answer now. */
    private @Nullable Map<AgentId, String> sitesForAll(List<Item<R>> items) {
        boolean needed;
        synchronized (lock) {
            needed = subscriptions.stream().anyMatch(one -> one.interest().needsSites());
        }
        if (!needed) {
            return Map.of();
        }
        try {
            return sites(items);
        } catch (DataAccessException | TransactionException away) {
            return null;
        }
    }

    private void away(WorldAway why) {
        synchronized (lock) {
            if (awaySince == null) {
                awaySince = clock.instant();
                log.atWarn()
                        .addKeyValue("event", "feed_away")
                        .addKeyValue("error", String.valueOf(why.getMessage()))
                        .log("{} cannot be read; readers are told and wait", name);
                subscriptions.forEach(Subscription::wake);
            }
        }
    }

    private void back() {
        synchronized (lock) {
            if (awaySince != null) {
                awaySince = null;
                subscriptions.forEach(Subscription::wake);
            }
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends this and all readers at once. */
    @Override
    public void close() {
        closed = true;
        synchronized (lock) {
            subscriptions.forEach(Subscription::wake);
            lock.notifyAll();
        }
        tail.close();
        thread.interrupt();
    }
}
