package io.viworks.agent.host;

import java.util.OptionalDouble;

/**
 * What the processors did since boot, from the first line of /proc/stat (proc_stat(5)). In ticks;
 * only their ratio matters.
 *
 * @param idle ticks without work, waiting for a disk included
 */
record CpuTimes(long total, long idle) {
    private static final int IDLE = 3;
    private static final int IOWAIT = 4;

    /** Guest time, from the ninth field on, stands in user time already. */
    private static final int COUNTED = 8;

    /**
     * Reads the text of /proc/stat.
     *
     * @throws IllegalArgumentException when it does not start with the sum of all processors
     */
    static CpuTimes parse(String stat) {
        String line = stat.lines().findFirst().orElse("");
        if (!line.startsWith("cpu ")) {
            throw new IllegalArgumentException("/proc/stat does not begin with 'cpu '");
        }
        String[] fields = line.substring(4).trim().split(" +", -1);
        if (fields.length <= IOWAIT) {
            throw new IllegalArgumentException("/proc/stat has fewer than five times of 'cpu'");
        }
        long total = 0;
        for (int i = 0; i < Math.min(fields.length, COUNTED); i++) {
            total += Long.parseLong(fields[i]);
        }
        return new CpuTimes(total, Long.parseLong(fields[IDLE]) + Long.parseLong(fields[IOWAIT]));
    }

    /** Percentage of time with work since an earlier reading; empty when no time has passed. */
    OptionalDouble busySince(CpuTimes earlier) {
        long passed = total - earlier.total;
        if (passed <= 0) {
            return OptionalDouble.empty();
        }
        // the kernel's iowait may run backwards
        long idled = Math.clamp(idle - earlier.idle, 0, passed);
        return OptionalDouble.of(Percent.of(passed - idled, passed));
    }
}
