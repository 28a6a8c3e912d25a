package io.viworks.bridge.certificate;

import io.viworks.protocol.Bytes;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Judges agents' certificates by the files that say whom to trust, read again when they change. A
 * certificate is taken apart once and known by its bytes from then on. Thread-safe but for {@link
 * #look}, which is for one thread.
 */
public final class AgentCertificates {
    /** Certificates remembered as rightly issued: about half a kilobyte each. */
    private static final int REMEMBERED = 20_000;

    /** Longest certificate taken, in bytes. */
    private static final int MAX_DER_BYTES = 12 * 1024;

    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    private final CertificateSettings settings;
    private final InstantSource clock;
    private final ReadAgain<TrustedIssuers> issuers;
    private final @Nullable ReadAgain<Revocations> revocations;
    private volatile Known known = new Known();
    private final AtomicLong generation = new AtomicLong();

    /** Certificates that one bundle's issuers have issued, by the fingerprint of their bytes. */
    private static final class Known {
        private final Map<String, ClientCertificate> byFingerprint =
                new LinkedHashMap<>(64, 0.75f, true) {
                    private static final long serialVersionUID = 1L;

                    @Override
                    protected boolean removeEldestEntry(
                            Map.Entry<String, ClientCertificate> eldest) {
                        return size() > REMEMBERED;
                    }
                };

        synchronized @Nullable ClientCertificate find(String fingerprint) {
            return byFingerprint.get(fingerprint);
        }

        synchronized void put(ClientCertificate certificate) {
            byFingerprint.put(certificate.fingerprint(), certificate);
        }
    }

    /**
     * With its files.
     *
     * @throws UnreadableFile when one cannot be read: without it nobody could be judged
     */
    public AgentCertificates(CertificateSettings settings, InstantSource clock)
            throws UnreadableFile {
        this.settings = settings;
        this.clock = clock;
        this.issuers =
                new ReadAgain<>(
                        "AGENT_CA_BUNDLE",
                        settings.bundle(),
                        (bytes, _) -> TrustedIssuers.read(bytes));
        Optional<Path> list = settings.revocations();
        this.revocations =
                list.isEmpty()
                        ? null
                        : new ReadAgain<>(
                                "AGENT_CRL_FILE",
                                list.get(),
                                (bytes, before) ->
                                        Revocations.read(bytes, issuers.value(), before));
    }

    /** Reads the files again if they have changed. */
    public void look() {
        boolean others = issuers.look(false);
        if (others) {
            known = new Known();
        }
        // A list is good or not by who is trusted.
        boolean more = revocations != null && revocations.look(others);
        if (others || more) {
            generation.incrementAndGet();
        }
    }

    /** Another number after each change that may have made a good certificate a bad one. */
    public long generation() {
        return generation.get();
    }

    /** Whether both files as they stand are what counts. */
    public boolean filesAreGood() {
        return issuers.isGood() && (revocations == null || revocations.isGood());
    }

    /** When a newer revocation list is due; absent when none says so. */
    public Optional<Instant> nextListDue() {
        return revocations().nextDue();
    }

    private Revocations revocations() {
        return revocations == null ? Revocations.NONE : revocations.value();
    }

    /** Whether a certificate is good just now. */
    public Judgement judge(Bytes der) {
        byte[] bytes = der.array();
        if (bytes.length > MAX_DER_BYTES) {
            return new Judgement.Bad("the certificate must be at most 12 KiB");
        }
        // First, so that what is judged by an older bundle is not remembered for a newer one.
        Known remembered = known;
        ClientCertificate certificate = remembered.find(Fingerprint.of(bytes));
        if (certificate == null) {
            X509Certificate parsed = parse(bytes);
            if (parsed == null) {
                return new Judgement.Bad("the certificate must be one X.509 certificate");
            }
            String why = unfit(parsed);
            if (why != null) {
                return new Judgement.Bad(why);
            }
            Optional<X509Certificate> issuer = issuers.value().issuerOf(parsed, clock.instant());
            if (issuer.isEmpty()) {
                return new Judgement.Bad("the certificate's issuer must be in AGENT_CA_BUNDLE");
            }
            certificate = ClientCertificate.of(parsed, issuer.get());
            remembered.put(certificate);
        }
        String why = badNow(certificate);
        return why == null ? new Judgement.Good(certificate) : new Judgement.Bad(why);
    }

    private static @Nullable X509Certificate parse(byte[] bytes) {
        try {
            ByteArrayInputStream in = new ByteArrayInputStream(bytes);
            var parsed = CertificateFactory.getInstance("X.509").generateCertificate(in);
            return in.available() == 0 && parsed instanceof X509Certificate certificate
                    ? certificate
                    : null;
        } catch (CertificateException e) {
            return null;
        }
    }

    /** What is wrong with the certificate for as long as it lives; null if nothing. */
    private @Nullable String unfit(X509Certificate certificate) {
        boolean[] usage = certificate.getKeyUsage();
        if (certificate.getBasicConstraints() >= 0 || (usage != null && !usage[0])) {
            return "the certificate must be for digital signatures, and no authority's";
        }
        try {
            List<String> extended = certificate.getExtendedKeyUsage();
            if (extended == null || !extended.contains(CLIENT_AUTH)) {
                return "the certificate's extended key usage must hold clientAuth";
            }
        } catch (CertificateParsingException e) {
            return "the certificate's extended key usage must be readable";
        }
        if (settings.policy().isPresent()
                && !settings.policy().get().allows(certificate.getSubjectX500Principal())) {
            return "the certificate's subject must match AGENT_CLIENT_DN_POLICY";
        }
        return null;
    }

    private @Nullable String badNow(ClientCertificate certificate) {
        Instant now = clock.instant();
        if (!certificate.isValidAt(now)) {
            return now.isBefore(certificate.notBefore())
                    ? "the certificate is not valid yet"
                    : "the certificate has expired";
        }
        return stays(certificate) ? null : "the certificate or its issuer is revoked or expired";
    }

    /**
     * Whether what a live session was opened by is still trusted: neither revoked nor its issuer
     * gone. Its end of life ends no session: it is only asked for when the agent comes again.
     */
    public boolean stays(ClientCertificate certificate) {
        Revocations lists = revocations();
        return !lists.contains(certificate.issuer(), certificate.serial())
                && issuers
                        .value()
                        .trusted(certificate.issuer(), certificate.issuerKey(), clock.instant())
                        .stream()
                        .anyMatch(issuer ->
                                !lists.contains(
                                        issuer.getIssuerX500Principal(), issuer.getSerialNumber()));
    }
}
