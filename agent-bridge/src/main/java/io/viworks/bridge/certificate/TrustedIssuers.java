package io.viworks.bridge.certificate;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.x500.X500Principal;

/**
 * Who may issue agents' certificates: each certificate of {@code AGENT_CA_BUNDLE}, a root or an
 * intermediate alike, and nobody else. An edge forwards only the agent's own certificate, so its
 * issuer itself must be in the bundle.
 */
public final class TrustedIssuers {
    private static final int MAX_ISSUERS = 100;

    /** Position of keyCertSign (RFC 5280, section 4.2.1.3). */
    private static final int KEY_CERT_SIGN = 5;

    private final List<X509Certificate> issuers;

    private TrustedIssuers(List<X509Certificate> issuers) {
        this.issuers = List.copyOf(issuers);
    }

    /**
     * Reads a bundle.
     *
     * @param pem one or more certificates
     * @throws UnreadableFile when there is none, or one that may not issue any
     */
    public static TrustedIssuers read(byte[] pem) throws UnreadableFile {
        List<X509Certificate> issuers = new ArrayList<>();
        try {
            for (var one :
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(pem))) {
                if (!(one instanceof X509Certificate issuer) || !mayIssue(issuer)) {
                    throw new UnreadableFile("must hold certificates of authorities only");
                }
                issuers.add(issuer);
            }
        } catch (CertificateException e) {
            throw new UnreadableFile("must hold X.509 certificates in PEM", e);
        }
        if (issuers.isEmpty() || issuers.size() > MAX_ISSUERS) {
            throw new UnreadableFile("must hold from 1 to " + MAX_ISSUERS + " certificates");
        }
        return new TrustedIssuers(issuers);
    }

    private static boolean mayIssue(X509Certificate issuer) {
        boolean[] usage = issuer.getKeyUsage();
        return issuer.getBasicConstraints() >= 0 && (usage == null || usage[KEY_CERT_SIGN]);
    }

    /** The issuers of this name: two while one renews its certificate. */
    List<X509Certificate> named(X500Principal name) {
        return issuers.stream().filter(one -> one.getSubjectX500Principal().equals(name)).toList();
    }

    /** The issuers of this name and key that are good just now. */
    List<X509Certificate> trusted(X500Principal name, String key, Instant now) {
        return named(name).stream()
                .filter(issuer -> isValidAt(issuer, now) && Fingerprint.ofKey(issuer).equals(key))
                .toList();
    }

    /**
     * Who has issued this certificate by the rules of PKIX (RFC 5280, section 6), its own dates
     * left aside: those are looked at for every handshake.
     */
    Optional<X509Certificate> issuerOf(X509Certificate certificate, Instant now) {
        return named(certificate.getIssuerX500Principal()).stream()
                .filter(issuer -> isValidAt(issuer, now))
                .filter(issuer -> hasIssued(issuer, certificate))
                .findFirst();
    }

    /** PKIX itself does not ask for the dates of whom one trusts. */
    private static boolean isValidAt(X509Certificate certificate, Instant now) {
        return !now.isBefore(certificate.getNotBefore().toInstant())
                && !now.isAfter(certificate.getNotAfter().toInstant());
    }

    private static boolean hasIssued(X509Certificate issuer, X509Certificate certificate) {
        try {
            PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(issuer, null)));
            // Revocation is looked at for every handshake, this only once.
            parameters.setRevocationEnabled(false);
            parameters.setDate(certificate.getNotBefore());
            var path =
                    CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate));
            var _ = CertPathValidator.getInstance("PKIX").validate(path, parameters);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
