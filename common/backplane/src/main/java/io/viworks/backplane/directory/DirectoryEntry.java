package io.viworks.backplane.directory;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.util.List;

/**
 * What bridges know about one agent (spec 2.1): {@code viw:dir:{agent_id}}.
 *
 * @param ownCredential whether it has or ever had a credential of its own, so that the shared
 *     secret opens it no more
 * @param keys valid Ed25519 public keys
 * @param fingerprints SHA-256 of valid certificates, lower-case hex
 * @param dirRev grows with every change; only a greater one replaces
 */
public record DirectoryEntry(
        AgentId agentId,
        Status status,
        boolean ownCredential,
        List<Key> keys,
        List<String> fingerprints,
        long dirRev) {
    public DirectoryEntry {
        keys = List.copyOf(keys);
        fingerprints = List.copyOf(fingerprints);
    }

    /** Whether the agent may have a session. */
    public enum Status {
        ACTIVE,
        REVOKED,
        DECOMMISSIONED
    }

    /**
     * One public key.
     *
     * @param id as {@code X-Agent-Key-Id} names it; letters, digits, dot, underscore and hyphen
     * @param publicKey the 32 raw bytes
     */
    public record Key(String id, Bytes publicKey) {
        public Key {
            if (!id.matches("[A-Za-z0-9._-]{1,64}")) {
                throw new IllegalArgumentException(
                        "a key id is 1 to 64 letters, digits, dots, underscores or hyphens");
            }
        }
    }
}
