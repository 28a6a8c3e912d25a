package io.viworks.launcher;

import java.io.PrintStream;
import java.time.Duration;

/** What the launcher says to the person who started it: a line a step, with the seconds so far. */
public final class Console {
    private final PrintStream out;
    private final long started = System.nanoTime();

    public Console(PrintStream out) {
        this.out = out;
    }

    synchronized void step(String text) {
        double seconds = Duration.ofNanos(System.nanoTime() - started).toMillis() / 1000.0;
        out.printf("%6.1f s  %s%n", seconds, text);
        out.flush();
    }

    /** More of the step before. */
    synchronized void detail(String text) {
        out.println("              " + text);
        out.flush();
    }

    synchronized void plain(String text) {
        out.println(text);
        out.flush();
    }
}
