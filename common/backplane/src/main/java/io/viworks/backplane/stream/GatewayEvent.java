package io.viworks.backplane.stream;

import io.viworks.protocol.AgentId;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A gateway has changed; told after the commit that made it so. It says what to look at again: the
 * truth is the row.
 *
 * @param ts of the change, by the clock of whoever made it
 * @param facts a few more words about it, never a secret
 */
public record GatewayEvent(AgentId agentId, Instant ts, What what, Map<String, String> facts)
        implements StreamRecord.OfEvents {
    /** Facts one event has at most. */
    public static final int MAX_FACTS = 8;

    /** Longest value of a fact in characters; more is cut off. */
    public static final int MAX_FACT = 256;

    /** What has happened to it. */
    public enum What {
        /** It was registered, or is waited for again. */
        EXPECTED,
        CONNECTED,
        DISCONNECTED,
        /** No bridge says anything: nobody knows whether it is connected. */
        UNKNOWN,
        /** What people say of it was changed: name, site, labels, notes. */
        EDITED,
        DECOMMISSIONED,
        RESTORED,
        /** Two machines may be using its id. */
        CLONE_SUSPECTED,
        CLONE_CLEARED,
        /** It has one more credential. */
        CREDENTIAL_ADDED,
        CREDENTIAL_REVOKED,
        /** The shared secret opens it again. */
        REOPENED
    }

    /**
     * Bounds the facts.
     *
     * @throws IllegalArgumentException when there are too many
     */
    public GatewayEvent {
        if (facts.size() > MAX_FACTS) {
            throw new IllegalArgumentException("an event has at most " + MAX_FACTS + " facts");
        }
        Map<String, String> copy = new TreeMap<>(facts);
        copy.replaceAll((_, value) -> value.substring(0, Math.min(MAX_FACT, value.length())));
        facts = Collections.unmodifiableMap(copy);
    }

    /** One that says all by itself. */
    public static GatewayEvent of(AgentId agentId, Instant ts, What what) {
        return new GatewayEvent(agentId, ts, what, Map.of());
    }

    @Override
    public String kind() {
        return "GATEWAY";
    }
}
