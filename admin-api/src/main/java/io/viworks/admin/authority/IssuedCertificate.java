package io.viworks.admin.authority;

import io.viworks.protocol.Bytes;
import java.time.Instant;

/**
 * A certificate that was just issued.
 *
 * @param issuer the authority's {@link IssuingAuthority#id}
 * @param serial as DER writes the integer: big-endian, positive
 * @param fingerprint SHA-256 of the certificate in DER
 * @param pem the certificate, and after it the authority's own and those above it
 */
public record IssuedCertificate(
        String issuer, Bytes serial, Bytes fingerprint, String pem, Instant expiresAt) {}
