package io.viworks.bridge.handshake;

import io.viworks.protocol.AgentId;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The agents that may connect: {@code AGENT_BRIDGE_ALLOWED_AGENT_IDS}. An entry is an id in which
 * {@code *} stands for any characters; no entry at all allows everybody.
 */
public final class Allowlist {
    private static final Pattern ENTRY = Pattern.compile("[A-Za-z0-9._*-]{1,128}");

    private final List<Pattern> patterns;

    private Allowlist(List<Pattern> patterns) {
        this.patterns = patterns;
    }

    /**
     * Reads the entries.
     *
     * @throws IllegalArgumentException for an entry no agent id can ever match
     */
    public static Allowlist of(List<String> entries) {
        return new Allowlist(entries.stream().map(Allowlist::pattern).toList());
    }

    private static Pattern pattern(String entry) {
        if (!ENTRY.matcher(entry).matches()) {
            throw new IllegalArgumentException(
                    "an entry has letters, digits, dots, underscores, hyphens and *: " + entry);
        }
        return Pattern.compile(
                Arrays.stream(entry.split("\\*+", -1))
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*")));
    }

    /** Whether this agent may connect. */
    public boolean allows(AgentId agent) {
        return patterns.isEmpty()
                || patterns.stream().anyMatch(entry -> entry.matcher(agent.value()).matches());
    }
}
