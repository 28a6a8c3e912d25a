package io.viworks.agent.run;

import tools.jackson.databind.node.JsonNodeFactory;

/** Gives its message back. */
final class Echo implements Action {
    @Override
    public Answer run(Task task) {
        String message = task.args().required("message").stringValue();
        return Answer.of(message, JsonNodeFactory.instance.objectNode().put("message", message));
    }
}
