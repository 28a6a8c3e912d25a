package io.viworks.agent.connection;

import io.viworks.agent.identity.ClientCertificate;
import io.viworks.agent.identity.Pem;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Makes TLS contexts: whom to trust, and what to show. */
final class Tls {
    private Tls() {}

    /**
     * A context that trusts the authorities alone, or else what the machine trusts.
     *
     * @param trustBundle certificates in PEM; null for the machine's
     * @param pins keys of servers, one of which it must be; empty for any
     * @param shown null to show none
     * @throws IOException when the bundle does not hold what it should
     */
    static SSLContext context(
            @Nullable Path trustBundle, Set<String> pins, @Nullable ClientCertificate shown)
            throws IOException {
        List<X509Certificate> authorities =
                trustBundle == null ? List.of() : Pem.certificates(trustBundle);
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    shown == null ? null : keys(shown), pinned(trust(authorities), pins), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static TrustManager[] pinned(TrustManager[] trust, Set<String> pins) {
        if (pins.isEmpty()) {
            return trust;
        }
        return Arrays.stream(trust)
                .filter(X509ExtendedTrustManager.class::isInstance)
                .map(X509ExtendedTrustManager.class::cast)
                .map(manager -> new PinnedTrust(manager, pins))
                .toArray(TrustManager[]::new);
    }

    private static TrustManager[] trust(List<X509Certificate> authorities)
            throws IOException, GeneralSecurityException {
        KeyStore store = null;
        if (!authorities.isEmpty()) {
            store = empty();
            int count = 0;
            for (X509Certificate authority : authorities) {
                store.setCertificateEntry("authority-" + count++, authority);
            }
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyManager[] keys(ClientCertificate shown)
            throws IOException, GeneralSecurityException {
        KeyStore store = empty();
        store.setKeyEntry(
                "agent",
                shown.privateKey(),
                new char[0],
                shown.chain().toArray(X509Certificate[]::new));
        KeyManagerFactory factory =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, new char[0]);
        return factory.getKeyManagers();
    }

    private static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
