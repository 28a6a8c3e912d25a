package io.viworks.bridge.certificate;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates their issuers have taken back: {@code AGENT_CRL_FILE}, the lists (RFC 5280,
 * section 5) of one or more trusted issuers. Immutable.
 */
public final class Revocations {
    /** Nothing is revoked. */
    public static final Revocations NONE = new Revocations(Map.of());

    /** One issuer's list. */
    private record Issued(Set<BigInteger> serials, Instant from, @Nullable Instant next) {}

    private final Map<X500Principal, Issued> lists;

    private Revocations(Map<X500Principal, Issued> lists) {
        this.lists = Map.copyOf(lists);
    }

    /**
     * Reads lists in PEM.
     *
     * @param before what counts now: a list older than its issuer's present one is refused, so that
     *     nobody brings a certificate back by bringing an old file back
     * @throws UnreadableFile when there is none, or one that no trusted issuer has signed
     */
    public static Revocations read(byte[] pem, TrustedIssuers issuers, @Nullable Revocations before)
            throws UnreadableFile {
        Map<X500Principal, Issued> lists = new HashMap<>();
        try {
            for (var one :
                    CertificateFactory.getInstance("X.509")
                            .generateCRLs(new ByteArrayInputStream(pem))) {
                if (!(one instanceof X509CRL list) || !isSigned(list, issuers)) {
                    throw new UnreadableFile(
                            "must hold lists that an issuer of AGENT_CA_BUNDLE has signed");
                }
                if (list.getCriticalExtensionOIDs() != null
                        && !list.getCriticalExtensionOIDs().isEmpty()) {
                    throw new UnreadableFile("must hold full lists, no deltas or parts");
                }
                lists.merge(list.getIssuerX500Principal(), issued(list), Revocations::newer);
            }
        } catch (CRLException | CertificateException e) {
            throw new UnreadableFile("must hold X.509 revocation lists in PEM", e);
        }
        if (lists.isEmpty()) {
            throw new UnreadableFile("must hold at least one revocation list in PEM");
        }
        if (before != null) {
            requireNotOlder(lists, before);
        }
        return new Revocations(lists);
    }

    private static boolean isSigned(X509CRL list, TrustedIssuers issuers) {
        for (X509Certificate issuer : issuers.named(list.getIssuerX500Principal())) {
            try {
                list.verify(issuer.getPublicKey());
                return true;
            } catch (GeneralSecurityException e) {
                // Another key of the same name may have signed it.
            }
        }
        return false;
    }

    private static Issued issued(X509CRL list) {
        Set<BigInteger> serials = new HashSet<>();
        if (list.getRevokedCertificates() != null) {
            list.getRevokedCertificates().forEach(entry -> serials.add(entry.getSerialNumber()));
        }
        return new Issued(
                serials,
                list.getThisUpdate().toInstant(),
                list.getNextUpdate() == null ? null : list.getNextUpdate().toInstant());
    }

    private static Issued newer(Issued one, Issued other) {
        return one.from().isBefore(other.from()) ? other : one;
    }

    private static void requireNotOlder(Map<X500Principal, Issued> lists, Revocations before)
            throws UnreadableFile {
        for (var list : lists.entrySet()) {
            Issued present = before.lists.get(list.getKey());
            if (present != null && list.getValue().from().isBefore(present.from())) {
                throw new UnreadableFile("must not be older than the list it replaces");
            }
        }
    }

    /** Whether the issuer has taken it back. */
    boolean contains(X500Principal issuer, BigInteger serial) {
        Issued list = lists.get(issuer);
        return list != null && list.serials().contains(serial);
    }

    /** When the first of the lists should have been followed by a newer one. */
    public Optional<Instant> nextDue() {
        return lists.values().stream()
                .flatMap(list -> Optional.ofNullable(list.next()).stream())
                .min(Instant::compareTo);
    }
}
