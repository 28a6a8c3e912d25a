package io.viworks.agent.identity;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the server said when it took a key.
 *
 * @param keyId its name in {@code X-Agent-Key-Id}
 * @param expiresAt null when the key is good until it is revoked
 */
record Grant(String keyId, Instant since, @Nullable Instant expiresAt) {
    /** Whether two thirds of the key's life are over. */
    boolean dueForRenewal(Instant now) {
        if (expiresAt == null) {
            return false;
        }
        Duration life = Duration.between(since, expiresAt);
        return !now.isBefore(since.plus(life.multipliedBy(2).dividedBy(3)));
    }
}
