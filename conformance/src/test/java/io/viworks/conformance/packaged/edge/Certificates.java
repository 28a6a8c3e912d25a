package io.viworks.conformance.packaged.edge;

import io.viworks.conformance.Checkout;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** A CA that {@code deploy/certs/make-certs} made in a folder. */
final class Certificates {
    private final Path folder;

    private Certificates(Path folder) {
        this.folder = folder;
    }

    /** A new CA, with a server's certificate for this machine. */
    static Certificates in(Path folder) throws Exception {
        Certificates certificates = new Certificates(folder);
        String _ = certificates.make("init", "localhost,127.0.0.1");
        return certificates;
    }

    /** Runs {@code make-certs} on the folder; answers what it printed. */
    String make(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Checkout.root().resolve("deploy/certs/make-certs").toString());
        command.addAll(List.of("--dir", folder.toString()));
        command.addAll(List.of(arguments));
        return Shell.run(command);
    }

    Path ca() {
        return folder.resolve("ca.crt");
    }

    Path caKey() {
        return folder.resolve("ca.key");
    }

    Path crl() {
        return folder.resolve("ca.crl");
    }

    Path serverCertificate() {
        return folder.resolve("server.crt");
    }

    Path serverKey() {
        return folder.resolve("server.key");
    }

    Path certificateOf(String gateway) {
        return folder.resolve("clients").resolve(gateway + ".crt");
    }

    Path keyOf(String gateway) {
        return folder.resolve("clients").resolve(gateway + ".key");
    }

    /** Trusts this CA, and shows nobody's certificate. */
    SSLContext nobody() throws Exception {
        return context(new KeyManager[0]);
    }

    /**
     * Trusts this CA, and shows a gateway's certificate whoever is asked for.
     *
     * @param issuer whose gateway it is, perhaps of another CA
     */
    SSLContext as(Certificates issuer, String gateway) throws Exception {
        return context(
                new KeyManager[] {
                    new Always(
                            privateKey(issuer.keyOf(gateway)),
                            certificate(issuer.certificateOf(gateway)))
                });
    }

    private SSLContext context(KeyManager[] keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate(ca()));
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trust.getTrustManagers(), null);
        return context;
    }

    static X509Certificate certificate(Path file) throws Exception {
        try (InputStream pem = Files.newInputStream(file)) {
            Certificate certificate =
                    CertificateFactory.getInstance("X.509").generateCertificate(pem);
            return (X509Certificate) certificate;
        }
    }

    private static PrivateKey privateKey(Path file) throws Exception {
        String pem = Files.readString(file, StandardCharsets.US_ASCII);
        String base64 = pem.replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    /** Shows its certificate to servers that name other issuers, too, as an attacker does. */
    private static final class Always extends X509ExtendedKeyManager {
        private static final String ALIAS = "always";
        private final PrivateKey key;
        private final X509Certificate certificate;

        Always(PrivateKey key, X509Certificate certificate) {
            this.key = key;
            this.certificate = certificate;
        }

        @Override
        public String chooseEngineClientAlias(
                String @Nullable [] types, Principal @Nullable [] issuers, SSLEngine engine) {
            return ALIAS;
        }

        @Override
        public String chooseClientAlias(
                String @Nullable [] types, Principal @Nullable [] issuers, @Nullable Socket to) {
            return ALIAS;
        }

        @Override
        public String[] getClientAliases(@Nullable String type, Principal @Nullable [] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public X509Certificate[] getCertificateChain(@Nullable String alias) {
            return new X509Certificate[] {certificate};
        }

        @Override
        public PrivateKey getPrivateKey(@Nullable String alias) {
            return key;
        }

        @Override
        public @Nullable String chooseServerAlias(
                @Nullable String type, Principal @Nullable [] issuers, @Nullable Socket to) {
            return null;
        }

        @Override
        public String @Nullable [] getServerAliases(
                @Nullable String type, Principal @Nullable [] issuers) {
            return null;
        }
    }
}
