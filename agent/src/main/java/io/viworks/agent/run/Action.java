package io.viworks.agent.run;

import java.io.IOException;

/** What one verb does. Its arguments have passed their schema and this gateway's allowlists. */
@FunctionalInterface
interface Action {
    /**
     * Does it, once.
     *
     * @throws IOException when it cannot be done; the message says why, without any secret
     * @throws InterruptedException when it was stopped before it was done
     * @throws Stopped the same for a program, with what it had said by then
     */
    Answer run(Task task) throws IOException, InterruptedException, Stopped;
}
