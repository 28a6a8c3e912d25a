package io.viworks.agent.run;

import io.viworks.agent.process.ProgramEnd;

/** A program that was ended before it was done. */
final class Stopped extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient ProgramEnd end;

    Stopped(ProgramEnd end) {
        super("stopped");
        this.end = end;
    }

    ProgramEnd end() {
        return end;
    }
}
