package io.viworks.bridge.session;

import io.viworks.protocol.frame.AgentFrame;
import java.util.Optional;

/** Which agents a bridge understands (spec 2.5, 4426). */
final class Versions {
    /** The version of {@code viworks-agent-v1}. */
    static final int PROTOCOL = 1;

    private Versions() {}

    /** Why this agent cannot have a session, with what would be right; empty if it can. */
    static Optional<String> unfit(AgentFrame.Hello hello, AgentVersion minVersion) {
        Integer protocol = hello.protocolVersion();
        if (protocol != null && protocol != PROTOCOL) {
            return Optional.of("supported protocol_version: " + PROTOCOL);
        }
        if (AgentVersion.of(hello.version()).compareTo(minVersion) < 0) {
            return Optional.of("version must be at least " + minVersion);
        }
        return Optional.empty();
    }
}
