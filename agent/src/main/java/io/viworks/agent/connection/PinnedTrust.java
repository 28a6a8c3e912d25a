package io.viworks.agent.connection;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts what another trusts, names checked, and of that only servers whose own key is pinned, or
 * the key of an authority their certificate really leads to (RFC 7469, 2.6). A certificate that
 * merely stands beside the server's own does not count, for anybody may add one. Thread-safe.
 */
final class PinnedTrust extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager trust;
    private final Set<String> pins;

    /**
     * Pins on top of what is trusted.
     *
     * @param pins {@code sha256/} and the base64 SHA-256 of a SubjectPublicKeyInfo (RFC 7469)
     */
    PinnedTrust(X509ExtendedTrustManager trust, Set<String> pins) {
        this.trust = trust;
        this.pins = Set.copyOf(pins);
    }

    /** The pin of a certificate's key. */
    static String pin(X509Certificate certificate) {
        return pin(certificate.getPublicKey());
    }

    private static String pin(PublicKey key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
            return "sha256/" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private void requirePin(X509Certificate[] chain) throws CertificateException {
        String own = pin(chain[0]);
        if (!pins.contains(own)
                && authorities(chain).map(PinnedTrust::pin).noneMatch(pins::contains)) {
            throw new CertificateException(
                    "backend_spki_pin names neither the server's %s nor an authority of it"
                            .formatted(own));
        }
    }

    /** The keys that vouch for the first certificate, one for the other, up to one trusted. */
    private Stream<PublicKey> authorities(X509Certificate[] chain) throws CertificateException {
        X509CertSelector own = new X509CertSelector();
        own.setCertificate(chain[0]);
        Set<TrustAnchor> anchors =
                Arrays.stream(trust.getAcceptedIssuers())
                        .map(authority -> new TrustAnchor(authority, null))
                        .collect(Collectors.toSet());
        try {
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, own);
            parameters.setRevocationEnabled(false); // as the trust beneath has it
            parameters.addCertStore(
                    CertStore.getInstance(
                            "Collection", new CollectionCertStoreParameters(List.of(chain))));
            var path =
                    (PKIXCertPathBuilderResult)
                            CertPathBuilder.getInstance("PKIX").build(parameters);
            return Stream.concat(
                    path.getCertPath().getCertificates().stream().map(Certificate::getPublicKey),
                    Stream.of(path.getTrustAnchor().getTrustedCert().getPublicKey()));
        } catch (InvalidAlgorithmParameterException e) {
            throw new CertificateException("there is no authority that is trusted", e);
        } catch (GeneralSecurityException e) {
            throw new CertificateException("the server's certificate leads to no authority", e);
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        trust.checkServerTrusted(chain, type, socket);
        requirePin(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        trust.checkServerTrusted(chain, type, engine);
        requirePin(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        trust.checkServerTrusted(chain, type);
        requirePin(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        trust.checkClientTrusted(chain, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        trust.checkClientTrusted(chain, type, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        trust.checkClientTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return trust.getAcceptedIssuers();
    }
}
