package io.viworks.protocol.verb;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One thing an agent can do (spec 6). Thread-safe; its schema is compiled when the first arguments
 * are checked, so that a process pays only for the verbs it meets.
 */
public final class Verb {
    private final String name;
    private final String summary;
    private final boolean mutating;
    private final boolean idempotent;
    private final Duration timeout;
    private final ArgumentSchema arguments;
    private final SecretArguments secrets;

    Verb(
            String name,
            String summary,
            boolean mutating,
            boolean idempotent,
            Duration timeout,
            ObjectNode schema) {
        this.name = name;
        this.summary = summary;
        this.mutating = mutating;
        this.idempotent = idempotent;
        this.timeout = timeout;
        this.arguments = new ArgumentSchema(schema);
        this.secrets = SecretArguments.of(schema);
    }

    public String name() {
        return name;
    }

    /** What it does, in a sentence. */
    public String summary() {
        return summary;
    }

    /** Whether it changes something on the gateway. */
    public boolean mutating() {
        return mutating;
    }

    /** Whether issuing it again is safe; for people, the suite itself never runs one twice. */
    public boolean idempotent() {
        return idempotent;
    }

    /** How long it may run unless a command says otherwise. */
    public Duration timeout() {
        return timeout;
    }

    /** The JSON Schema (2020-12) of the arguments: a copy, to be shown. */
    public ObjectNode schema() {
        return arguments.copy();
    }

    /**
     * JSON Pointers (RFC 6901) of the secret arguments: what the schema marks {@code writeOnly}. A
     * segment {@code *} stands for every member of an object: {@code /env/*}.
     */
    public Set<String> secretPointers() {
        return secrets.pointers();
    }

    /** What is wrong with these arguments; empty when nothing is. */
    public List<Violation> validate(JsonNode args) {
        return arguments.validate(args);
    }

    /** Whether there is anything secret in these arguments. */
    public boolean carriesSecrets(ObjectNode args) {
        return !secrets.values(args).isEmpty();
    }

    /** The secret texts in these arguments, which must show up in no output. */
    public Set<String> secretValues(ObjectNode args) {
        return secrets.values(args);
    }

    /**
     * A copy of the arguments with every secret value replaced by {@code ***}, also when they do
     * not satisfy the schema. A verb with secrets shows no member that its schema does not name: a
     * mistyped name must not show what was meant to be secret.
     */
    public ObjectNode masked(ObjectNode args) {
        return secrets.masked(args);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Verb verb && name.equals(verb.name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }

    /**
     * One mistake in arguments.
     *
     * @param pointer JSON Pointer (RFC 6901) into the arguments; a missing one is pointed at, too
     * @param message what would be right; never the value
     */
    public record Violation(String pointer, String message) {}
}
