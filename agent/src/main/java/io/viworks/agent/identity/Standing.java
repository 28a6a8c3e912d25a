package io.viworks.agent.identity;

import java.util.HashSet;
import java.util.Set;

/**
 * What bridges have made of keys in this life of the agent. A key that is doubted may still vouch
 * for another; one that is refused may not. Not thread-safe.
 */
final class Standing {
    private final Set<String> refused = new HashSet<>();
    private final Set<String> doubted = new HashSet<>();

    void refuse(String keyId) {
        refused.add(keyId);
    }

    void doubt(String keyId) {
        doubted.add(keyId);
    }

    boolean isRefused(String keyId) {
        return refused.contains(keyId);
    }

    boolean isDoubted(String keyId) {
        return doubted.contains(keyId);
    }

    /** Whether no handshake should be signed with it while there is another. */
    boolean isUnwanted(String keyId) {
        return isRefused(keyId) || isDoubted(keyId);
    }

    /** It was taken, or is welcome. */
    void restore(String keyId) {
        refused.remove(keyId);
        doubted.remove(keyId);
    }

    void forgetAll() {
        refused.clear();
        doubted.clear();
    }
}
