package io.viworks.agent.run;

import io.viworks.agent.process.ProgramEnd;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a verb gave.
 *
 * @param rc the program's exit code; null when no program ran
 * @param stdout for people
 * @param data for programs; what is secret is taken out before anybody sees it
 * @param truncated whether something was left out
 */
record Answer(
        @Nullable Integer rc,
        String stdout,
        String stderr,
        @Nullable ObjectNode data,
        boolean truncated) {
    /** Of a verb that needs no program. */
    static Answer of(String stdout, ObjectNode data) {
        return new Answer(null, stdout, "", data, false);
    }

    /** Of a program that ended by itself. */
    static Answer of(ProgramEnd end, @Nullable ObjectNode data) {
        return new Answer(end.rc(), end.stdout(), end.stderr(), data, end.truncated());
    }
}
