package io.viworks.bench.load;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The agents of one event loop and the pace at which they send. For that loop. */
final class Lane {
    /** Between two looks at what is due. */
    private static final long TICK_MICROS = 1_000;

    private final EventLoop loop;
    private final Tally tally;
    private final List<LoadAgent> agents = new ArrayList<>();
    private final List<LoadAgent> touched = new ArrayList<>();
    private @Nullable Pace pace;
    private long heartbeatNanos;
    private double heartbeatsDue;
    private long lastTick;
    private int next;
    private int nextHeartbeat;

    /** How many frames are due. */
    interface Pace {
        long due(long sinceNanos);

        void sent(long frames);
    }

    Lane(EventLoop loop, Tally tally) {
        this.loop = loop;
        this.tally = tally;
    }

    EventLoop loop() {
        return loop;
    }

    void start() {
        lastTick = System.nanoTime();
        var _ =
                loop.scheduleAtFixedRate(
                        this::tick, TICK_MICROS, TICK_MICROS, TimeUnit.MICROSECONDS);
    }

    void add(LoadAgent agent) {
        agents.add(agent);
    }

    /** From now on; null for silence. */
    void pace(@Nullable Pace wanted) {
        pace = wanted;
    }

    /** Between two heartbeats of an agent; 0 for none. */
    void heartbeats(long nanos) {
        heartbeatNanos = nanos;
        heartbeatsDue = 0;
    }

    void disconnect() {
        agents.forEach(LoadAgent::disconnect);
        agents.clear();
        next = 0;
    }

    private void tick() {
        long now = System.nanoTime();
        long since = now - lastTick;
        lastTick = now;
        if (agents.isEmpty()) {
            return;
        }
        if (heartbeatNanos > 0) {
            heartbeatsDue += (double) agents.size() * since / heartbeatNanos;
            for (; heartbeatsDue >= 1; heartbeatsDue--) {
                nextHeartbeat = (nextHeartbeat + 1) % agents.size();
                agents.get(nextHeartbeat).heartbeat();
            }
        }
        Pace wanted = pace;
        if (wanted != null) {
            wanted.sent(send(wanted.due(since)));
        }
    }

    /** One frame of each in turn; those of one agent leave together. */
    private long send(long due) {
        long sent = 0;
        long refused = 0;
        for (long i = 0; i < due; i++) {
            next = next + 1 < agents.size() ? next + 1 : 0;
            LoadAgent agent = agents.get(next);
            if (agent.telemetry()) {
                sent++;
                if (touched.size() < agents.size()) {
                    touched.add(agent);
                }
            } else {
                refused++;
            }
        }
        touched.forEach(LoadAgent::flush);
        touched.clear();
        tally.sent.add(sent);
        tally.stalled.add(refused);
        return sent;
    }
}
