package io.viworks.agent.connection;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.EdECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;

/** An authority of a test's own: it certifies servers and agents, real keys and real chains. */
final class TestAuthority {
    private static final AtomicLong SERIAL = new AtomicLong(System.nanoTime());

    private final KeyPair keys;
    private final X509Certificate certificate;

    TestAuthority(String name) throws Exception {
        this.keys = pair("EC");
        this.certificate =
                signed(keys, "CN=" + name, keys.getPublic(), "CN=" + name, null, true, year());
    }

    /** A key and the certificates that lead from it to its authority, which is the last one. */
    record Certified(KeyPair keys, List<X509Certificate> chain) {
        X509Certificate leaf() {
            return chain.getFirst();
        }

        /** The files of this name, in a folder; the key's is closed to others. */
        KeyFiles in(Path folder, String name) throws IOException {
            Path key = folder.resolve(name + ".key");
            Files.deleteIfExists(key);
            Files.createFile(
                    key,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(key, pem(keys.getPrivate()));
            return new KeyFiles(
                    Files.writeString(
                            folder.resolve(name + ".crt"), pem(chain.toArray(Object[]::new))),
                    key);
        }
    }

    /** Where a certificate and its key are. */
    record KeyFiles(Path certificate, Path key) {}

    X509Certificate certificate() {
        return certificate;
    }

    /** What agents and servers may be told to trust. */
    Path bundle(Path folder) throws IOException {
        return Files.writeString(
                folder.resolve("authority-" + SERIAL.incrementAndGet() + ".pem"), pem(certificate));
    }

    /** Of a server on the loopback, by its address alone. */
    Certified server() throws Exception {
        return certify("EC", "CN=bridge", ipAddress(), Duration.ofDays(365));
    }

    /** Of a server with another name. */
    Certified serverElsewhere() throws Exception {
        return certify(
                "EC",
                "CN=bridge",
                new GeneralName(GeneralName.dNSName, "bridge.example"),
                Duration.ofDays(365));
    }

    /** Of an agent that has it from people. */
    Certified agent(String algorithm, Duration life) throws Exception {
        return certify(algorithm, "CN=gateway-1", urn("gateway-1"), life);
    }

    private Certified certify(String algorithm, String subject, GeneralName name, Duration life)
            throws Exception {
        KeyPair own = pair(algorithm);
        X509Certificate leaf =
                signed(
                        keys,
                        certificate.getSubjectX500Principal().getName(),
                        own.getPublic(),
                        subject,
                        name,
                        false,
                        Instant.now().plus(life));
        return new Certified(own, List.of(leaf, certificate));
    }

    /** An authority beneath this one certifies the server; the chain names both. */
    Certified serverOfIntermediate() throws Exception {
        TestAuthority beneath = new TestAuthority("beneath");
        X509Certificate cross =
                signed(
                        keys,
                        certificate.getSubjectX500Principal().getName(),
                        beneath.keys.getPublic(),
                        "CN=beneath",
                        null,
                        true,
                        year());
        Certified server = beneath.server();
        return new Certified(server.keys(), List.of(server.leaf(), cross, certificate));
    }

    /**
     * Answers a request as the contract of the enrolment says: CN and SAN name the agent, the
     * request's own wishes do not count.
     */
    List<X509Certificate> answer(String csr, String agentId, Instant until)
            throws IOException, GeneralSecurityException, OperatorException, PKCSException {
        JcaPKCS10CertificationRequest request = request(csr);
        if (!request.isSignatureValid(
                new JcaContentVerifierProviderBuilder().build(request.getPublicKey()))) {
            throw new GeneralSecurityException("the request is not signed with its key");
        }
        return List.of(
                signed(
                        keys,
                        certificate.getSubjectX500Principal().getName(),
                        request.getPublicKey(),
                        "CN=" + agentId,
                        urn(agentId),
                        false,
                        until),
                certificate);
    }

    /** The 32 bytes of the key a request is for. */
    static byte[] rawKey(String csr) throws IOException, GeneralSecurityException {
        PublicKey key = request(csr).getPublicKey();
        if (!(key instanceof EdECPublicKey)) {
            throw new GeneralSecurityException("the request is of no Ed25519 key");
        }
        byte[] spki = key.getEncoded();
        return Arrays.copyOfRange(spki, spki.length - 32, spki.length);
    }

    private static JcaPKCS10CertificationRequest request(String csr) throws IOException {
        try (PEMParser parser = new PEMParser(new StringReader(csr))) {
            return new JcaPKCS10CertificationRequest(
                    (PKCS10CertificationRequest) parser.readObject());
        }
    }

    private static X509Certificate signed(
            KeyPair signer,
            String issuer,
            PublicKey key,
            String subject,
            @Nullable GeneralName name,
            boolean authority,
            Instant until)
            throws IOException, GeneralSecurityException, OperatorException {
        JcaX509v3CertificateBuilder builder =
                new JcaX509v3CertificateBuilder(
                        new X500Name(issuer),
                        BigInteger.valueOf(SERIAL.incrementAndGet()),
                        Date.from(Instant.now().minus(Duration.ofDays(400))),
                        Date.from(until),
                        new X500Name(subject),
                        key);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
        if (name != null) {
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(name));
        }
        byte[] der =
                builder.build(
                                new JcaContentSignerBuilder("SHA256withECDSA")
                                        .build(signer.getPrivate()))
                        .getEncoded();
        return (X509Certificate)
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(der));
    }

    private static Instant year() {
        return Instant.now().plus(Duration.ofDays(365));
    }

    private static GeneralName ipAddress() {
        return new GeneralName(GeneralName.iPAddress, "127.0.0.1");
    }

    private static GeneralName urn(String agentId) {
        return new GeneralName(
                GeneralName.uniformResourceIdentifier, "urn:viworks:agent:" + agentId);
    }

    private static KeyPair pair(String algorithm) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("RSA")) {
            generator.initialize(2048);
        } else if (algorithm.equals("EC")) {
            generator.initialize(256);
        }
        return generator.generateKeyPair();
    }

    /** Certificates, or a key in PKCS#8. */
    static String pem(Object... objects) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            for (Object object : objects) {
                writer.writeObject(
                        object instanceof PrivateKey key
                                ? new JcaPKCS8Generator(key, null)
                                : object);
            }
        }
        return text.toString();
    }

    /** What a TLS server of a test is shown. */
    static final class Guests implements X509TrustManager {
        private final TestAuthority authority;
        private final List<X509Certificate> seen = Collections.synchronizedList(new ArrayList<>());

        Guests(TestAuthority authority) {
            this.authority = authority;
        }

        /** The certificates of all who showed one, in this order. */
        List<X509Certificate> seen() {
            return List.copyOf(seen);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            seen.add(chain[0]);
            try {
                chain[0].checkValidity();
                chain[0].verify(authority.keys.getPublic());
            } catch (GeneralSecurityException e) {
                throw new CertificateException(e);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("this is a server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[] {authority.certificate};
        }
    }

    /** Shows a server's chain as it is, in order or not. */
    private static final class Shown extends X509ExtendedKeyManager {
        private final Certified server;

        Shown(Certified server) {
            this.server = server;
        }

        @Override
        public @Nullable String chooseEngineServerAlias(
                String type, Principal[] issuers, SSLEngine engine) {
            return type.equals("EC") ? "server" : null;
        }

        @Override
        public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return type.equals("EC") ? "server" : null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return server.chain().toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return server.keys().getPrivate();
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[] {"server"};
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public @Nullable String chooseClientAlias(
                String[] types, Principal[] issuers, Socket socket) {
            return null;
        }
    }

    /** What a server speaks TLS with. */
    static SSLContext context(Certified server, Guests guests) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {new Shown(server)}, new TrustManager[] {guests}, null);
        return context;
    }

    /** A bridge that speaks TLS and asks for certificates, or requires them. */
    static FakeBridge bridge(Certified server, Guests guests, boolean required) throws Exception {
        SSLServerSocket socket =
                (SSLServerSocket)
                        context(server, guests)
                                .getServerSocketFactory()
                                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        socket.setNeedClientAuth(required);
        if (!required) {
            socket.setWantClientAuth(true);
        }
        return new FakeBridge("wss", socket);
    }
}
