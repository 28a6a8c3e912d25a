package io.viworks.agent.identity;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the server said when it took a key.
 *
 * @param keyId its name in {@code X-Agent-Key-Id}
 * @param expiresAt null when the key is good until it is revoked
 * @param chain the key's certificate and those that lead to its authority; empty without one
 */
record Grant(
        String keyId, Instant since, @Nullable Instant expiresAt, List<X509Certificate> chain) {
    Grant {
        chain = List.copyOf(chain);
    }

    /** Whether two thirds of the life of the key, or of its certificate, are over. */
    boolean dueForRenewal(Instant now) {
        return isOld(expiresAt, now)
                || (!chain.isEmpty() && isOld(chain.getFirst().getNotAfter().toInstant(), now));
    }

    private boolean isOld(@Nullable Instant end, Instant now) {
        if (end == null) {
            return false;
        }
        Duration life = Duration.between(since, end);
        return !now.isBefore(since.plus(life.multipliedBy(2).dividedBy(3)));
    }
}
