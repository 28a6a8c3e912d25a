package io.viworks.backplane.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.viworks.backplane.Pipe;
import io.viworks.backplane.WorldAway;
import io.viworks.protocol.Bytes;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * TELEMETRY on its way from one event loop to Redis, over a connection of the same loop. Records
 * are put into bundles; those of one turn of the loop leave by one write. So much may be unanswered
 * ({@link #WINDOW}, {@link #BUNDLES}), the rest waits, in all up to its room; beyond it the oldest
 * that wait are dropped and counted. What waits survives a lost connection; of what was on its way
 * nobody knows, and it is not sent twice. For its loop, but for the figures.
 */
public final class TelemetryLane {
    /** Bytes that may be unanswered; the rest waits where it can be dropped. */
    static final long WINDOW = 1 << 20;

    /** Bytes of a bundle; a full one leaves without waiting for the turn's end. */
    private static final int BUNDLE = 64 * 1024;

    /** Bundles that may be unanswered, for a small one takes as much memory as a full one. */
    private static final int BUNDLES = 32;

    /** Lengths, line ends and numbers of a record, at most. */
    private static final int NUMBERS = 96;

    private final EventLoop loop;
    private final long room;
    private final Consumer<Outcome> done;
    private final Runnable endOfTurn = this::turnEnds;
    private final Deque<Bundle> waiting = new ArrayDeque<>();
    private final Deque<Bundle> sent = new ArrayDeque<>();
    private final Deque<ByteBuf> spare = new ArrayDeque<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger records = new AtomicInteger();
    private final Told told = new Told();
    private volatile long owedSince;
    private volatile boolean owed;
    private Pipe.@Nullable Line line;
    private @Nullable Bundle filling;
    private long unanswered;
    private boolean turn;
    private boolean closed;
    private long textOf = Long.MIN_VALUE;
    private String text = "";

    /**
     * Nothing on its way, and no connection yet.
     *
     * @param room bytes of records that may be on their way or wait
     * @param done told what became of records, on the loop
     */
    TelemetryLane(EventLoop loop, long room, Consumer<Outcome> done) {
        this.loop = loop;
        this.room = room;
        this.done = done;
    }

    /**
     * What became of some records.
     *
     * @param away perhaps not written: the connection was lost, or Redis refuses for now
     * @param refused not written, for a reason that will not pass
     * @param full never sent, for there was no more room
     * @param fault one of the reasons
     */
    public record Outcome(
            int written, int away, int refused, int full, @Nullable RuntimeException fault) {}

    /** Records that leave together. */
    private static final class Bundle {
        final ByteBuf requests;
        int records;
        int open;
        long size;

        Bundle(ByteBuf requests) {
            this.requests = requests;
        }
    }

    /** What became of records since it was told last. */
    private static final class Told {
        int written;
        int away;
        int refused;
        int full;
        @Nullable RuntimeException fault;
    }

    /** Adds a record; {@code n} is its count within the session. */
    public void add(TelemetryHead head, Instant at, long n, Bytes frame) {
        long size = (long) head.size() + frame.length() + NUMBERS;
        if (!turn) {
            turn = true;
            later(endOfTurn);
        }
        if (!makeRoom(size)) {
            told.full++;
            return;
        }
        Bundle bundle = filling;
        if (bundle != null && bundle.requests.writableBytes() < size) {
            filling = null;
            send();
            bundle = null;
        }
        if (bundle == null) {
            bundle = new Bundle(buffer(size));
            filling = bundle;
            waiting.addLast(bundle);
        }
        head.write(bundle.requests, text(at), n, frame.array());
        bundle.records++;
        bundle.size += size;
        bytes.setRelease(bytes.getPlain() + size);
        records.setRelease(records.getPlain() + 1);
    }

    /** One that was used before, if there is one: a new one costs more than what is put into it. */
    private ByteBuf buffer(long size) {
        ByteBuf used = size <= BUNDLE ? spare.pollLast() : null;
        return used == null ? Unpooled.directBuffer((int) Math.max(BUNDLE, size)) : used;
    }

    /** Whoever wrote it has let go of it once it is answered. */
    private void used(ByteBuf buffer) {
        if (!closed
                && buffer.refCnt() == 1
                && buffer.capacity() == BUNDLE
                && spare.size() < BUNDLES) {
            spare.addLast(buffer.clear());
        } else {
            boolean _ = buffer.release();
        }
    }

    private void later(Runnable action) {
        try {
            loop.execute(action);
        } catch (RejectedExecutionException _) {
            // The loop has ended; so has everything on it.
            turn = false;
        }
    }

    /** To the millisecond, for frames of one turn then have one instant. */
    private String text(Instant at) {
        long millis = at.toEpochMilli();
        if (millis != textOf) {
            textOf = millis;
            text = Instant.ofEpochMilli(millis).toString();
        }
        return text;
    }

    /** Drops the oldest that wait until there is room. */
    private boolean makeRoom(long size) {
        while (!closed && bytes.getPlain() + size > room) {
            Bundle oldest = waiting.pollFirst();
            if (oldest == null) {
                return false;
            }
            drop(oldest);
        }
        return !closed;
    }

    private void drop(Bundle bundle) {
        if (bundle == filling) {
            filling = null;
        }
        used(bundle.requests);
        told.full += bundle.records;
        ended(bundle.records);
        given(bundle.size);
    }

    private void turnEnds() {
        turn = false;
        send();
        tell();
    }

    /** Sends what waits, as far as the window lets it. */
    private void send() {
        Pipe.Line to = line;
        if (to == null) {
            return;
        }
        boolean wrote = false;
        while (unanswered < WINDOW && sent.size() < BUNDLES) {
            Bundle bundle = waiting.pollFirst();
            if (bundle == null) {
                break;
            }
            if (bundle == filling) {
                filling = null;
            }
            bundle.open = bundle.records;
            unanswered += bundle.size;
            sent.addLast(bundle);
            to.write(bundle.requests.retain());
            wrote = true;
        }
        if (wrote) {
            if (!owed) {
                owes(true);
            }
            to.flush();
        }
    }

    private void owes(boolean something) {
        owedSince = System.nanoTime();
        owed = something;
    }

    private void ended(int count) {
        records.setRelease(records.getPlain() - count);
    }

    private void given(long size) {
        bytes.setRelease(bytes.getPlain() - size);
    }

    private void tell() {
        if ((told.written | told.away | told.refused | told.full) == 0) {
            return;
        }
        Outcome outcome = new Outcome(told.written, told.away, told.refused, told.full, told.fault);
        told.written = 0;
        told.away = 0;
        told.refused = 0;
        told.full = 0;
        told.fault = null;
        done.accept(outcome);
    }

    /** Ends it: what waits is dropped. */
    void close() {
        later(() -> {
            closed = true;
            while (!waiting.isEmpty()) {
                drop(waiting.removeFirst());
            }
            spare.forEach(ByteBuf::release);
            spare.clear();
            tell();
        });
    }

    /** Bytes of records on their way or waiting, about. */
    long bytes() {
        return bytes.getAcquire();
    }

    /** Records on their way or waiting. */
    int records() {
        return records.getAcquire();
    }

    /** Hears of the connection. */
    Pipe.Ear ear() {
        return new Ear();
    }

    private final class Ear implements Pipe.Ear {
        @Override
        public void opened(Pipe.Line opened) {
            Pipe.Line before = line;
            line = opened;
            unknown();
            if (before != null) {
                // It may still answer what is given up here, and would be taken for the new one.
                before.close();
            }
            send();
            tell();
        }

        @Override
        public void answered(@Nullable RuntimeException refusal) {
            Bundle bundle = sent.peekFirst();
            if (bundle == null) {
                // Nobody asked: whatever this is, it is not what we think it is.
                if (line != null) {
                    line.close();
                }
                return;
            }
            ended(1);
            if (refusal == null) {
                told.written++;
            } else if (refusal instanceof WorldAway) {
                told.away++;
                told.fault = refusal;
            } else {
                told.refused++;
                told.fault = refusal;
            }
            if (--bundle.open == 0) {
                var _ = sent.removeFirst();
                unanswered -= bundle.size;
                given(bundle.size);
                used(bundle.requests);
            }
        }

        @Override
        public void answersEnd() {
            owes(!sent.isEmpty());
            if (!turn) {
                send();
            }
            tell();
        }

        @Override
        public void lost(Pipe.Line gone) {
            if (gone.equals(line)) {
                line = null;
                unknown();
                tell();
            }
        }

        /** Of what is unanswered nobody knows. */
        private void unknown() {
            int unknown = 0;
            for (Bundle bundle : sent) {
                unknown += bundle.open;
                given(bundle.size);
                boolean _ = bundle.requests.release();
            }
            sent.clear();
            unanswered = 0;
            owes(false);
            if (unknown > 0) {
                ended(unknown);
                told.away += unknown;
                told.fault = new WorldAway("the connection to Redis was lost", null);
            }
        }

        @Override
        public long silentFor() {
            return owed ? System.nanoTime() - owedSince : 0;
        }
    }
}
