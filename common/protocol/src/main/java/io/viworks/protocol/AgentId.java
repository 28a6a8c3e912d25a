package io.viworks.protocol;

/** The identity of an agent and of the gateway it runs on. */
public record AgentId(String value) implements Comparable<AgentId> {
    private static final int MOST = 64;

    /**
     * Refuses any other form.
     *
     * @throws IllegalArgumentException when the value has another form than {@code
     *     [A-Za-z0-9][A-Za-z0-9._-]{0,63}}
     */
    public AgentId {
        if (!hasForm(value)) {
            throw new IllegalArgumentException(
                    "agent_id must match [A-Za-z0-9][A-Za-z0-9._-]{0,63}");
        }
    }

    /** By hand: every record of every stream is looked at, more than once. */
    private static boolean hasForm(String value) {
        if (value.isEmpty() || value.length() > MOST) {
            return false;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean word =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!word && (i == 0 || (c != '.' && c != '_' && c != '-'))) {
                return false;
            }
        }
        return true;
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
