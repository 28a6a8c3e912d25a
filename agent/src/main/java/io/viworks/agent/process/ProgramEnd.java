package io.viworks.agent.process;

/**
 * How a program ended, with what it said; secrets are masked.
 *
 * @param rc exit code, 128 + signal when a signal ended it
 * @param truncated whether an output was cut
 * @param left processes of its tree that could not be killed; normally 0
 */
public record ProgramEnd(
        Cause cause, int rc, String stdout, String stderr, boolean truncated, int left) {
    /** Who ended it. */
    public enum Cause {
        /** The program itself. */
        EXITED,
        /** Its timeout. */
        TIMED_OUT,
        /** An interrupt of the thread that waited for it. */
        INTERRUPTED
    }
}
