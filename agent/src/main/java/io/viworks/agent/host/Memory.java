package io.viworks.agent.host;

/**
 * Memory in bytes, from /proc/meminfo (proc_meminfo(5)).
 *
 * @param available what programs can still get without swapping, caches included
 */
public record Memory(long total, long available, long swapTotal, long swapFree) {
    /**
     * Reads the text of /proc/meminfo.
     *
     * @throws IllegalArgumentException when a line is missing
     */
    static Memory parse(String meminfo) {
        return new Memory(
                bytes(meminfo, "MemTotal"),
                bytes(meminfo, "MemAvailable"),
                bytes(meminfo, "SwapTotal"),
                bytes(meminfo, "SwapFree"));
    }

    /** Percentage in use. */
    public double usedPercent() {
        return Percent.of(total - available, total);
    }

    private static long bytes(String meminfo, String name) {
        return meminfo.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).trim().split(" ", 2)[0])
                .mapToLong(kib -> Long.parseLong(kib) * 1024)
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("/proc/meminfo has no line " + name));
    }
}
