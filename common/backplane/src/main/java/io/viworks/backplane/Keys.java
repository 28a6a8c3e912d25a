package io.viworks.backplane;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.CorrelationId;

/** Every stream and key in Redis, spelled once. */
public final class Keys {
    public static final String AGENT_HELLO = "viw.agent_hello";
    public static final String TELEMETRY = "viw.telemetry";
    public static final String COMMANDS = "viw.commands";
    public static final String COMMAND_RESULTS = "viw.command_results";
    public static final String COMMAND_OUTPUT = "viw.command_output";
    public static final String EVENTS = "viw.events";

    /** Consumer groups. */
    public static final String GROUP_TELEMETRY_WRITER = "telemetry-writer";

    public static final String GROUP_RESULTS_WRITER = "results-writer";
    public static final String GROUP_AGENT_BRIDGE = "agent-bridge";

    /** Random, set by whoever misses it: with Redis's run_id it is the life of this memory. */
    public static final String LIFE = "viw:life";

    /** Present once the directory was projected in full; without it no new handshakes. */
    public static final String DIRECTORY_VERSION = "viw:dir:version";

    /** Every bridge heard of, scored with the Redis time in ms when it was last heard of. */
    public static final String BRIDGES = "viw:bridges";

    private Keys() {}

    public static String commandsOf(BridgeId bridge) {
        return COMMANDS + "." + bridge;
    }

    /** Where what a dead bridge left is kept while it is released. */
    public static String commandsLeftBy(BridgeId bridge) {
        return commandsOf(bridge) + ".left";
    }

    /** The bridges' own streams share the public door's: theirs would be forgotten with them. */
    public static String deadLettersOf(String stream) {
        return (stream.startsWith(COMMANDS + ".") ? COMMANDS : stream) + ".dlq";
    }

    public static String owner(AgentId agent) {
        return "viw:owner:" + agent;
    }

    public static String bridge(BridgeId bridge) {
        return "viw:bridge:" + bridge;
    }

    /** An agent may be called "version": its entry must not be the version's key. */
    public static String directory(AgentId agent) {
        String key = "viw:dir:" + agent;
        return key.equals(DIRECTORY_VERSION) ? "viw:dir:.version" : key;
    }

    public static String nonce(AgentId agent, String nonce) {
        return "viw:nonce:" + agent + ":" + nonce;
    }

    /** The highest attempt decided for a command, kept until expires_at + 1 h. */
    public static String decided(CorrelationId command) {
        return "viw:decided:" + command;
    }
}
