package io.viworks.telemetry;

import io.viworks.protocol.frame.AgentFrame;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
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
    private final ByteArrayOutputStream tags = new ByteArrayOutputStream();
    private Mark mark = Mark.NONE;

    Minute(Key key) {
        this.key = key;
    }

    void add(AgentFrame.Metrics metrics, Mark of) {
        cpu.add(metrics.cpuPct());
        mem.add(metrics.memPct());
        disk.add(metrics.diskPct());
        load.add(metrics.load1());
        tags.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(of.tag()).array());
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

    /** Which frames it counts: the tag of each mark. */
    byte[] tags() {
        return tags.toByteArray();
    }

    /** What {@link #tags} wrote. */
    static Set<Integer> tagsIn(byte[] tags) {
        Set<Integer> set = new HashSet<>();
        for (IntBuffer rest = ByteBuffer.wrap(tags).asIntBuffer(); rest.hasRemaining(); ) {
            set.add(rest.get());
        }
        return set;
    }

    /** Of the last frame in it. */
    Mark mark() {
        return mark;
    }
}
