package io.viworks.telemetry;

import io.viworks.protocol.frame.AgentFrame;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** What one agent reported within one minute of arrival, folded. For one thread. */
final class Minute {
    /** Whose minute, and which. */
    record Key(String agent, Instant bucket) implements Comparable<Key> {
        private static final Comparator<Key> ORDER =
                Comparator.comparing(Key::agent).thenComparing(Key::bucket);

        static Key of(String agent, Instant arrival) {
            return new Key(agent, arrival.truncatedTo(ChronoUnit.MINUTES));
        }

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    /** The figures of one metric. */
    static final class Figures {
        private double sum;
        private @Nullable Double max;
        private int samples;

        private void add(@Nullable Double value) {
            if (value != null) {
                sum += value;
                max = max == null ? value : Math.max(max, value);
                samples++;
            }
        }

        double sum() {
            return sum;
        }

        @Nullable Double max() {
            return max;
        }

        int samples() {
            return samples;
        }
    }

    private final Key key;
    private final Figures cpu = new Figures();
    private final Figures mem = new Figures();
    private final Figures disk = new Figures();
    private final Figures load = new Figures();
    private Mark mark = Mark.NONE;

    Minute(Key key) {
        this.key = key;
    }

    void add(AgentFrame.Metrics metrics, Mark of) {
        cpu.add(metrics.cpuPct());
        mem.add(metrics.memPct());
        disk.add(metrics.diskPct());
        load.add(metrics.load1());
        mark = of;
    }

    Key key() {
        return key;
    }

    Figures cpu() {
        return cpu;
    }

    Figures mem() {
        return mem;
    }

    Figures disk() {
        return disk;
    }

    Figures load() {
        return load;
    }

    /** Of the last frame in it. */
    Mark mark() {
        return mark;
    }
}
