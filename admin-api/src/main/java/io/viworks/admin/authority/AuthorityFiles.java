package io.viworks.admin.authority;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/**
 * An authority as two files hold it, checked: what is wrong is said at the start, not by the first
 * agent.
 *
 * @param chain the authority's own certificate, then those above it
 * @param algorithm how the key signs, as the JDK names it
 */
record AuthorityFiles(List<X509Certificate> chain, PrivateKey key, String algorithm) {
    private static final long MAX_BYTES = 64 * 1024;
    private static final int MAX_CHAIN = 5;
    private static final int MIN_RSA_BITS = 2048;

    /** Where {@link X509Certificate#getKeyUsage} has these (RFC 5280, section 4.2.1.3). */
    private static final int CERT_SIGN = 5;

    private static final int CRL_SIGN = 6;

    AuthorityFiles {
        chain = List.copyOf(chain);
    }

    X509Certificate certificate() {
        return chain.getFirst();
    }

    /**
     * Reads and checks both files.
     *
     * @throws IOException names the file, says what is wrong and what would be right
     */
    static AuthorityFiles read(Path certificateFile, Path keyFile, Instant now) throws IOException {
        List<X509Certificate> chain = chain(certificateFile);
        PrivateKey key = key(keyFile);
        X509Certificate own = chain.getFirst();
        checkAuthority(certificateFile, own, now);
        String algorithm = algorithm(certificateFile, own);
        if (!match(own, key, algorithm)) {
            throw new IOException(
                    keyFile + " is not the key of the first certificate in " + certificateFile);
        }
        for (int i = 1; i < chain.size(); i++) {
            checkIssued(certificateFile, chain.get(i - 1), chain.get(i));
        }
        return new AuthorityFiles(chain, key, algorithm);
    }

    private static List<X509Certificate> chain(Path file) throws IOException {
        List<X509Certificate> chain;
        try {
            chain =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(bytes(file)))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
        } catch (CertificateException e) {
            throw new IOException(file + " must hold certificates in PEM", e);
        }
        if (chain.isEmpty() || chain.size() > MAX_CHAIN) {
            throw new IOException(
                    file
                            + " must hold the authority's certificate in PEM, and at most "
                            + (MAX_CHAIN - 1)
                            + " above it");
        }
        return chain;
    }

    private static byte[] bytes(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException(file + " cannot be read");
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " has more than " + MAX_BYTES + " bytes");
        }
        return Files.readAllBytes(file);
    }

    /** The first private key of the file; openssl writes parameters before one. */
    private static PrivateKey key(Path file) throws IOException {
        String text = new String(bytes(file), StandardCharsets.ISO_8859_1);
        try (PEMParser parser = new PEMParser(new StringReader(text))) {
            for (Object next = parser.readObject(); next != null; next = parser.readObject()) {
                switch (next) {
                    case PrivateKeyInfo info -> {
                        return key(info);
                    }
                    case PEMKeyPair pair -> {
                        return key(pair.getPrivateKeyInfo());
                    }
                    case PKCS8EncryptedPrivateKeyInfo _, PEMEncryptedKeyPair _ ->
                            throw new IOException(
                                    file
                                            + " is locked by a passphrase: give a key without one, in a"
                                            + " file that only admin-api can read");
                    default -> {}
                }
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // Not the cause: its message may hold a part of the key.
            throw new IOException(file + " must hold a private key (EC, RSA or Ed25519) in PEM");
        }
        throw new IOException(file + " must hold a private key (EC, RSA or Ed25519) in PEM");
    }

    private static PrivateKey key(PrivateKeyInfo info)
            throws IOException, GeneralSecurityException {
        String name =
                switch (info.getPrivateKeyAlgorithm().getAlgorithm().getId()) {
                    case "1.2.840.10045.2.1" -> "EC";
                    case "1.2.840.113549.1.1.1" -> "RSA";
                    case "1.3.101.112" -> "Ed25519";
                    default -> throw new IllegalArgumentException("another kind of key");
                };
        return KeyFactory.getInstance(name)
                .generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
    }

    private static void checkAuthority(Path file, X509Certificate own, Instant now)
            throws IOException {
        boolean[] usage = own.getKeyUsage();
        if (own.getBasicConstraints() < 0
                || (usage != null && !(usage[CERT_SIGN] && usage[CRL_SIGN]))) {
            throw new IOException(
                    file
                            + " must begin with a certificate of an authority: CA:TRUE, and where"
                            + " it names key usages, keyCertSign and cRLSign");
        }
        if (!now.isBefore(own.getNotAfter().toInstant())) {
            throw new IOException(file + " ended at " + own.getNotAfter().toInstant());
        }
        if (now.isBefore(own.getNotBefore().toInstant())) {
            throw new IOException(
                    file + " is good from " + own.getNotBefore().toInstant() + " on only");
        }
    }

    private static String algorithm(Path file, X509Certificate own) throws IOException {
        return switch (own.getPublicKey()) {
            case ECPublicKey ec when ec.getParams().getCurve().getField().getFieldSize() == 256 ->
                    "SHA256withECDSA";
            case ECPublicKey ec when ec.getParams().getCurve().getField().getFieldSize() == 384 ->
                    "SHA384withECDSA";
            case RSAPublicKey rsa when rsa.getModulus().bitLength() >= MIN_RSA_BITS ->
                    "SHA256withRSA";
            case EdECPublicKey ed
                    when ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName()) ->
                    "Ed25519";
            default ->
                    throw new IOException(
                            file
                                    + " must be for an EC key (P-256 or P-384), an RSA key of at least "
                                    + MIN_RSA_BITS
                                    + " bits, or an Ed25519 key");
        };
    }

    private static boolean match(X509Certificate own, PrivateKey key, String algorithm) {
        byte[] text =
                "viworks: does this key belong to that certificate?"
                        .getBytes(StandardCharsets.US_ASCII);
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(own.getPublicKey());
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static void checkIssued(Path file, X509Certificate lower, X509Certificate upper)
            throws IOException {
        try {
            if (lower.getIssuerX500Principal().equals(upper.getSubjectX500Principal())) {
                lower.verify(upper.getPublicKey());
                return;
            }
        } catch (GeneralSecurityException e) {
            // Answered below, like another issuer.
        }
        throw new IOException(
                file + ": each certificate must be issued by the one that stands after it");
    }
}
