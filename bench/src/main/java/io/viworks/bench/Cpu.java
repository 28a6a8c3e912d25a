package io.viworks.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Processor time of a process, user and system, as the kernel counts it: in steps of 10 ms. */
public final class Cpu {
    private static final long TICK_MS = 10;

    /** Fields after the name: of proc(5), {@code utime} is the 14th, the name the 2nd. */
    private static final int UTIME = 14 - 3;

    private Cpu() {}

    /** What it has used so far. */
    public static Duration of(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = Long.parseLong(fields[UTIME]) + Long.parseLong(fields[UTIME + 1]);
        return Duration.ofMillis(ticks * TICK_MS);
    }
}
