package io.viworks.agent.host;

/** Runnable processes on average over 1, 5 and 15 minutes, from /proc/loadavg. */
public record Load(double one, double five, double fifteen) {
    /**
     * Reads the text of /proc/loadavg.
     *
     * @throws IllegalArgumentException when it does not hold three numbers
     */
    static Load parse(String loadavg) {
        String[] fields = loadavg.trim().split(" ", 4);
        if (fields.length < 3) {
            throw new IllegalArgumentException("/proc/loadavg holds fewer than three numbers");
        }
        return new Load(
                Double.parseDouble(fields[0]),
                Double.parseDouble(fields[1]),
                Double.parseDouble(fields[2]));
    }
}
