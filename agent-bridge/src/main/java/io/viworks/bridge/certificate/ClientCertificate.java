package io.viworks.bridge.certificate;

import io.viworks.protocol.AgentId;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Set;
import javax.security.auth.x500.X500Principal;

/**
 * What is kept of a certificate whose issuer is trusted; the certificate itself is let go.
 *
 * @param fingerprint lower-case hex SHA-256 of the DER, as the directory names it
 * @param names what the certificate is for: an agent's id is among them
 * @param issuerKey SHA-256 of the issuer's public key, which outlives its certificate
 */
public record ClientCertificate(
        String fingerprint,
        Set<String> names,
        X500Principal issuer,
        BigInteger serial,
        String issuerKey,
        Instant notBefore,
        Instant notAfter) {
    public ClientCertificate {
        names = Set.copyOf(names);
    }

    static ClientCertificate of(X509Certificate certificate, X509Certificate issuer) {
        return new ClientCertificate(
                Fingerprint.of(certificate),
                AgentNames.of(certificate),
                issuer.getSubjectX500Principal(),
                certificate.getSerialNumber(),
                Fingerprint.ofKey(issuer),
                certificate.getNotBefore().toInstant(),
                certificate.getNotAfter().toInstant());
    }

    /** How the HELLO record and a credential of this kind call it. */
    public String keyId() {
        return "sha256:" + fingerprint;
    }

    /** Whether it is this agent's. */
    public boolean names(AgentId agent) {
        return names.contains(agent.value());
    }

    /** Whether its time has come and not passed. */
    boolean isValidAt(Instant now) {
        return !now.isBefore(notBefore) && !now.isAfter(notAfter);
    }
}
