package io.viworks.protocol;

import java.util.regex.Pattern;

/** The identity of an agent and of the gateway it runs on. */
public record AgentId(String value) implements Comparable<AgentId> {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /**
     * Refuses any other form.
     *
     * @throws IllegalArgumentException when the value has another form than {@code
     *     [A-Za-z0-9][A-Za-z0-9._-]{0,63}}
     */
    public AgentId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "agent_id must match [A-Za-z0-9][A-Za-z0-9._-]{0,63}");
        }
    }

    public static AgentId of(String text) {
        return new AgentId(text);
    }

    @Override
    public int compareTo(AgentId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
