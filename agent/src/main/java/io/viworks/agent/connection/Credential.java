package io.viworks.agent.connection;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a handshake was proved with, for people: its kind, never itself.
 *
 * @param kind {@code key}, {@code shared_secret}, {@code certificate} or {@code none}
 * @param keyId of the agent's own key
 * @param certificateUntil the last moment of the certificate shown in TLS; null without one
 */
record Credential(String kind, @Nullable String keyId, @Nullable Instant certificateUntil) {
    static final Credential NONE = new Credential("none", null, null);
}
