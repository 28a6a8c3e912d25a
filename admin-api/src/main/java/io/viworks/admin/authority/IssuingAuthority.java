package io.viworks.admin.authority;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.time.Instant;
import java.util.Collection;

/**
 * Who issues agents' certificates and signs the list of the revoked ones (RFC 5280). Thread-safe.
 */
public interface IssuingAuthority {
    /** Its name in the database: lower-case hex SHA-256 of its public key. */
    String id();

    /** When its own certificate ends; nothing it issues lives longer. */
    Instant endsAt();

    /**
     * Issues a client certificate: CN is the agent's id, the SAN its URN.
     *
     * @param publicKey the 32 bytes of the agent's Ed25519 key
     * @throws AuthorityEnded when the authority's own certificate is over
     */
    IssuedCertificate issue(AgentId agent, Bytes publicKey, Instant now);

    /**
     * Signs a revocation list.
     *
     * @param number greater than that of every list before
     * @return the list in DER
     */
    Bytes revocationList(long number, Collection<Revoked> revoked, Instant now, Instant nextUpdate);

    /** One line of a revocation list. */
    record Revoked(Bytes serial, Instant at) {}

    /** The authority's own certificate is over. */
    final class AuthorityEnded extends RuntimeException {
        private static final long serialVersionUID = 1;

        AuthorityEnded(Instant at) {
            super("the authority's own certificate ended at " + at, null, false, false);
        }
    }
}
