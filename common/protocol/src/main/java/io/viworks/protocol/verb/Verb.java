package io.viworks.protocol.verb;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One thing an agent can do.
 *
 * @param mutating changes something on the gateway
 * @param timeout how long it may run unless a command says otherwise
 * @param secretPointers JSON Pointers (RFC 6901) of secret arguments, {@code /env/*} for every
 *     value of an object
 * @param schema JSON Schema 2020-12 of the arguments
 */
public record Verb(
        String name,
        String summary,
        boolean mutating,
        boolean idempotent,
        Duration timeout,
        Set<String> secretPointers,
        ObjectNode schema) {

    /** What is wrong with these arguments; empty when nothing is. */
    public List<Violation> validate(JsonNode args) {
        return List.of();
    }

    /** The arguments with every secret value replaced by {@code ***}. */
    public ObjectNode masked(ObjectNode args) {
        return args;
    }

    /**
     * One mistake in arguments.
     *
     * @param pointer JSON Pointer into the arguments
     * @param message what is wrong and what would be right; never the value
     */
    public record Violation(String pointer, String message) {}
}
