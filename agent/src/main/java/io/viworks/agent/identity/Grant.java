package io.viworks.agent.identity;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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

    /** When two thirds of the life of the key, or of its certificate, are over; null for never. */
    @Nullable Instant renewalAt() {
        return Stream.of(Optional.ofNullable(expiresAt), certificateEnd())
                .flatMap(Optional::stream)
                .min(Comparator.naturalOrder())
                .map(end -> since.plus(Duration.between(since, end).multipliedBy(2).dividedBy(3)))
                .orElse(null);
    }

    Optional<Instant> certificateEnd() {
        return chain.isEmpty()
                ? Optional.empty()
                : Optional.of(chain.getFirst().getNotAfter().toInstant());
    }

    boolean dueForRenewal(Instant now) {
        Instant at = renewalAt();
        return at != null && !now.isBefore(at);
    }
}
