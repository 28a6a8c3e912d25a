package io.viworks.bridge.session;

import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.bridge.certificate.ClientCertificate;
import io.viworks.bridge.handshake.Verdict;

/** Whether what opened a session would open it now. */
enum Standing {
    GOOD,

    /** The agent, its key or its certificate counts no more. */
    REVOKED,

    /**
     * The shared secret opened it, and the agent has a credential of its own now. It is sent away
     * to come back at once with that: 4403 would keep it away for a quarter of an hour although it
     * did nothing wrong, and with a BYE it is no outage.
     */
    SUPERSEDED;

    static Standing of(Verdict.Accepted opened, DirectoryEntry entry) {
        return switch (entry.status()) {
            case REVOKED, DECOMMISSIONED -> REVOKED;
            case ACTIVE -> {
                ClientCertificate shown = opened.certificate();
                if (shown != null && !entry.fingerprints().contains(shown.fingerprint())) {
                    yield REVOKED;
                }
                yield switch (opened.auth()) {
                    case KEY ->
                            entry.keys().stream()
                                            .anyMatch(key -> key.id().equals(opened.credential()))
                                    ? GOOD
                                    : REVOKED;
                    case SHARED -> entry.ownCredential() ? SUPERSEDED : GOOD;
                    case CERT, NONE -> GOOD;
                };
            }
        };
    }
}
