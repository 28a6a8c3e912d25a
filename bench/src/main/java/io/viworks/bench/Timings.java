package io.viworks.bench;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** How long each of a number of runs took; the instance does not change. */
public final class Timings {
    private final long[] sortedNanos;

    private Timings(long[] nanos) {
        sortedNanos = nanos.clone();
        Arrays.sort(sortedNanos);
    }

    /** Something that is timed. */
    @FunctionalInterface
    public interface Work {
        void run() throws Exception;
    }

    /** Times {@code count} runs, one after the other. */
    public static Timings of(int count, Work work) throws Exception {
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            long begun = System.nanoTime();
            work.run();
            nanos[i] = System.nanoTime() - begun;
        }
        return new Timings(nanos);
    }

    /** Of runs that were timed by somebody else. */
    public static Timings ofNanos(List<Long> nanos) {
        return new Timings(nanos.stream().mapToLong(Long::longValue).toArray());
    }

    /** Each of them, the shortest first. */
    public List<Long> nanos() {
        return Arrays.stream(sortedNanos).boxed().toList();
    }

    /**
     * The value that this share of the runs did not exceed (nearest rank).
     *
     * @param share above 0, at most 1
     */
    public Duration quantile(double share) {
        int rank = (int) Math.ceil(share * sortedNanos.length);
        return Duration.ofNanos(sortedNanos[Math.max(0, rank - 1)]);
    }
}
