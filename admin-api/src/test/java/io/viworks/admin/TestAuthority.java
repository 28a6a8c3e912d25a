package io.viworks.admin;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * An authority's files, made for a test.
 *
 * @param certificateFile its certificate in PEM
 * @param keyFile its key, PKCS#8 in PEM
 */
record TestAuthority(Path certificateFile, Path keyFile, X509Certificate certificate) {
    /** An authority with a P-256 key, good for ten years. */
    static TestAuthority in(Path folder) {
        return in(folder, "EC", Instant.now().plus(Duration.ofDays(3650)));
    }

    /**
     * An authority that ends then.
     *
     * @param algorithm EC, RSA or Ed25519
     */
    static TestAuthority in(Path folder, String algorithm, Instant until) {
        KeyPair pair = key(algorithm);
        return write(folder, pair, certificate(pair, pair, "CN=Test CA", true, until));
    }

    static TestAuthority write(Path folder, KeyPair pair, X509Certificate certificate) {
        try {
            Path certificateFile = Files.createTempFile(folder, "ca", ".pem");
            Path keyFile = Files.createTempFile(folder, "ca", ".key");
            Files.writeString(certificateFile, pem(certificate));
            Files.writeString(
                    keyFile,
                    io.viworks.admin.authority.Pem.encode(
                            "PRIVATE KEY", pair.getPrivate().getEncoded()));
            return new TestAuthority(certificateFile, keyFile, certificate);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String[] settings(Path list) {
        return new String[] {
            "--VIW_CA_CERT_FILE=" + certificateFile,
            "--VIW_CA_KEY_FILE=" + keyFile,
            "--VIW_CA_CRL_FILE=" + list
        };
    }

    static KeyPair key(String algorithm) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            switch (algorithm) {
                case "EC" -> generator.initialize(256);
                case "RSA" -> generator.initialize(2048);
                default -> {}
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A certificate of the first key, signed with the second, begun an hour before its end. */
    static X509Certificate certificate(
            KeyPair pair, KeyPair signer, String name, boolean authority, Instant until) {
        try {
            JcaX509v3CertificateBuilder builder =
                    new JcaX509v3CertificateBuilder(
                            new X500Name("CN=Test CA"),
                            new BigInteger(64, new java.security.SecureRandom()),
                            Date.from(earlier(Instant.now(), until).minus(Duration.ofHours(1))),
                            Date.from(until),
                            new X500Name(name),
                            pair.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            if (authority) {
                builder.addExtension(
                        Extension.keyUsage,
                        true,
                        new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
                builder.addExtension(
                        Extension.subjectKeyIdentifier,
                        false,
                        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
            }
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509")
                            .generateCertificate(
                                    new java.io.ByteArrayInputStream(
                                            builder.build(
                                                            new JcaContentSignerBuilder(
                                                                            signing(signer))
                                                                    .build(signer.getPrivate()))
                                                    .getEncoded()));
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private static String signing(KeyPair pair) {
        return switch (pair.getPrivate().getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "Ed25519";
        };
    }

    /** A request for a certificate of this key, in PEM. */
    static String request(KeyPair pair, String name) {
        return request(pair, pair, name);
    }

    /** One that holds the first key and is signed with the second. */
    static String request(KeyPair pair, KeyPair signer, String name) {
        try {
            return pem(
                    new JcaPKCS10CertificationRequestBuilder(new X500Name(name), pair.getPublic())
                            .build(
                                    new JcaContentSignerBuilder(signing(signer))
                                            .build(signer.getPrivate())));
        } catch (OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    static String pem(Object object) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
