package io.viworks.agent.run;

import java.util.function.Consumer;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Ends the agent's own process, with exit code 0, so that a service manager that restarts only what
 * failed leaves it ended. Other runs get the seconds that a signal leaves them.
 */
final class ShutdownAgent implements Action {
    private final Consumer<String> shutdown;

    ShutdownAgent(Consumer<String> shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Answer run(Task task) {
        String reason = task.args().path("reason").asString("");
        shutdown.accept(reason.isEmpty() ? "shutdown_agent" : "shutdown_agent: " + reason);
        return Answer.of("the agent ends\n", JsonNodeFactory.instance.objectNode());
    }
}
