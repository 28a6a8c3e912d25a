package io.viworks.agent.identity;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Text between {@code BEGIN} and {@code END} (RFC 7468). Errors name the file. */
public final class Pem {
    private static final Base64.Encoder LINES =
            Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

    private Pem() {}

    /**
     * All certificates of a file, in its order.
     *
     * @throws IOException when it cannot be read or holds none
     */
    public static List<X509Certificate> certificates(Path file) throws IOException {
        try {
            return certificates(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (CertificateException e) {
            throw new IOException(file + " must hold certificates in PEM", e);
        }
    }

    /** All certificates of a text, in its order; at least one. */
    static List<X509Certificate> certificates(String text) throws CertificateException {
        List<X509Certificate> certificates = new ArrayList<>();
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        for (Certificate certificate :
                CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(bytes))) {
            certificates.add((X509Certificate) certificate);
        }
        if (certificates.isEmpty()) {
            throw new CertificateException("there is no certificate in it");
        }
        return List.copyOf(certificates);
    }

    /**
     * The private key of a file: EC, RSA or Ed25519.
     *
     * @throws IOException when it cannot be read or holds none in PKCS#8 without a password
     */
    static PrivateKey privateKey(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        String begin = "-----BEGIN PRIVATE KEY-----";
        int from = text.indexOf(begin);
        int to = text.indexOf("-----END PRIVATE KEY-----");
        if (from < 0 || to < from) {
            throw new IOException(file + " must hold a PKCS#8 private key in PEM" + found(text));
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
            return privateKey(file, new PKCS8EncodedKeySpec(der));
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw new IOException(file + " must hold base64 between BEGIN and END", e);
        }
    }

    private static PrivateKey privateKey(Path file, PKCS8EncodedKeySpec encoded)
            throws IOException, GeneralSecurityException {
        for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (InvalidKeySpecException e) {
                // Of another kind: the next one is tried.
            }
        }
        throw new IOException(file + " must hold an EC, RSA or Ed25519 key");
    }

    private static String found(String text) {
        if (text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
            return ", without a password: this one has one";
        }
        return text.contains(" PRIVATE KEY-----")
                ? "; this one is of an older form, which openssl pkcs8 -topk8 -nocrypt turns into"
                        + " PKCS#8"
                : "";
    }

    /** One after another, as files and answers hold them. */
    static String text(List<X509Certificate> certificates) {
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            try {
                text.append(text("CERTIFICATE", certificate.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException("it was read from its encoding", e);
            }
        }
        return text.toString();
    }

    static String text(String type, byte[] der) {
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                .formatted(type, LINES.encodeToString(der), type);
    }
}
