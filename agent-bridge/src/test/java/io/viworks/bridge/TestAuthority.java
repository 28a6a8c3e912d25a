package io.viworks.bridge;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A small authority of a test's own: issues certificates of any kind and takes them back. */
final class TestAuthority {
    private static final AtomicLong SERIALS = new AtomicLong(1000);

    private final KeyPair keys;
    final X509Certificate certificate;

    private TestAuthority(KeyPair keys, X509Certificate certificate) {
        this.keys = keys;
        this.certificate = certificate;
    }

    /** A root with an Ed25519 key, valid since yesterday. */
    static TestAuthority named(String dn) {
        KeyPair keys = newKeys("Ed25519");
        Certificate self =
                new Certificate(dn, keys)
                        .from(Instant.now().minus(Duration.ofDays(1)))
                        .until(Instant.now().plus(Duration.ofDays(30)))
                        .authority();
        return new TestAuthority(keys, self.signedBy(new X500Name(dn), keys.getPrivate()));
    }

    /** The same name and key with a certificate of other dates. */
    TestAuthority renewed(Instant from, Instant until) {
        String dn = name().toString();
        Certificate self = new Certificate(dn, keys).from(from).until(until).authority();
        return new TestAuthority(keys, self.signedBy(name(), keys.getPrivate()));
    }

    static KeyPair newKeys(String algorithm) {
        try {
            return KeyPairGenerator.getInstance(algorithm).generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private X500Name name() {
        return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    }

    /** What a certificate is to say; good for an hour and for clients unless told otherwise. */
    static final class Certificate {
        private final X500Name subject;
        private final KeyPair keys;
        private final List<GeneralName> names = new ArrayList<>();
        private Instant from = Instant.now().minus(Duration.ofMinutes(5));
        private Instant until = Instant.now().plus(Duration.ofHours(1));
        private KeyPurposeId[] purposes = {KeyPurposeId.id_kp_clientAuth};
        private boolean authority;

        private Certificate(String subject, KeyPair keys) {
            this.subject = new X500Name(subject);
            this.keys = keys;
        }

        static Certificate of(String subject) {
            return new Certificate(subject, newKeys("Ed25519"));
        }

        static Certificate of(String subject, KeyPair keys) {
            return new Certificate(subject, keys);
        }

        /** As the product's own authority issues them. */
        static Certificate forAgent(String agent) {
            return of("CN=" + agent).uri("urn:viworks:agent:" + agent);
        }

        static Certificate forAgent(String agent, KeyPair keys) {
            return of("CN=" + agent, keys).uri("urn:viworks:agent:" + agent);
        }

        Certificate uri(String uri) {
            names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
            return this;
        }

        Certificate dns(String name) {
            names.add(new GeneralName(GeneralName.dNSName, name));
            return this;
        }

        Certificate ip(String address) {
            names.add(new GeneralName(GeneralName.iPAddress, address));
            return this;
        }

        Certificate from(Instant instant) {
            this.from = instant;
            return this;
        }

        Certificate until(Instant instant) {
            this.until = instant;
            return this;
        }

        Certificate purposes(KeyPurposeId... some) {
            this.purposes = some.clone();
            return this;
        }

        Certificate authority() {
            this.authority = true;
            this.purposes = new KeyPurposeId[0];
            return this;
        }

        private X509Certificate signedBy(X500Name issuer, PrivateKey key) {
            return made(() -> {
                var builder =
                        new JcaX509v3CertificateBuilder(
                                issuer,
                                BigInteger.valueOf(SERIALS.incrementAndGet()),
                                Date.from(from),
                                Date.from(until),
                                subject,
                                keys.getPublic());
                builder.addExtension(
                        Extension.basicConstraints, true, new BasicConstraints(authority));
                builder.addExtension(
                        Extension.keyUsage,
                        true,
                        new KeyUsage(
                                authority
                                        ? KeyUsage.keyCertSign | KeyUsage.cRLSign
                                        : KeyUsage.digitalSignature));
                if (purposes.length > 0) {
                    builder.addExtension(
                            Extension.extendedKeyUsage, true, new ExtendedKeyUsage(purposes));
                }
                if (!names.isEmpty()) {
                    builder.addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(names.toArray(GeneralName[]::new)));
                }
                return new JcaX509CertificateConverter()
                        .getCertificate(
                                builder.build(new JcaContentSignerBuilder("Ed25519").build(key)));
            });
        }
    }

    /** Signs it. */
    X509Certificate issue(Certificate wanted) {
        return wanted.signedBy(name(), keys.getPrivate());
    }

    /** A list of what it has taken back, made at this instant, good for an hour. */
    X509CRL revoke(Instant at, X509Certificate... revoked) {
        return revoke(at, Duration.ofHours(1), revoked);
    }

    X509CRL revoke(Instant at, Duration life, X509Certificate... revoked) {
        return made(() -> {
            var builder = new JcaX509v2CRLBuilder(certificate, Date.from(at));
            builder.setNextUpdate(Date.from(at.plus(life)));
            for (X509Certificate one : revoked) {
                builder.addCRLEntry(one.getSerialNumber(), Date.from(at), CRLReason.keyCompromise);
            }
            return new JcaX509CRLConverter()
                    .getCRL(
                            builder.build(
                                    new JcaContentSignerBuilder("Ed25519")
                                            .build(keys.getPrivate())));
        });
    }

    static String pem(X509Certificate... certificates) {
        StringBuilder pem = new StringBuilder();
        for (X509Certificate one : certificates) {
            pem.append(pem("CERTIFICATE", der(one)));
        }
        return pem.toString();
    }

    static String pem(X509CRL list) {
        return made(() -> pem("X509 CRL", list.getEncoded()));
    }

    static String pem(PrivateKey key) {
        return pem("PRIVATE KEY", key.getEncoded());
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN "
                + what
                + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END "
                + what
                + "-----\n";
    }

    /** As nginx's {@code $ssl_client_escaped_cert} has it. */
    static String escaped(X509Certificate certificate) {
        return escaped(pem(certificate));
    }

    static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0) {
                escaped.append(c);
            } else {
                escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return escaped.toString();
    }

    static String fingerprint(X509Certificate certificate) {
        return made(() ->
                HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(der(certificate))));
    }

    static byte[] der(X509Certificate certificate) {
        return made(certificate::getEncoded);
    }

    /** Lets a failure of the test's own machinery end the test. */
    private static <T> T made(Callable<T> maker) {
        try {
            return maker.call();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
