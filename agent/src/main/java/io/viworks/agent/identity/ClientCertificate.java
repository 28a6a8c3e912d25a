package io.viworks.agent.identity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * What the agent shows in TLS: a certificate, those that lead from it to its authority, and its
 * key. Immutable.
 *
 * @param chain the agent's own first, and after each that of its authority
 */
public record ClientCertificate(PrivateKey privateKey, List<X509Certificate> chain) {
    private static final Set<PosixFilePermission> TOO_OPEN =
            Set.of(
                    PosixFilePermission.GROUP_WRITE,
                    PosixFilePermission.OTHERS_READ,
                    PosixFilePermission.OTHERS_WRITE);

    public ClientCertificate {
        chain = List.copyOf(chain);
        for (int i = 1; i < chain.size(); i++) {
            if (!chain.get(i - 1)
                    .getIssuerX500Principal()
                    .equals(chain.get(i).getSubjectX500Principal())) {
                throw new IllegalArgumentException(
                        "hold each certificate before the one of its authority, the agent's first");
            }
        }
    }

    /**
     * Reads what people put there.
     *
     * @param keyFile PKCS#8 in PEM, closed to everybody but its owner and group
     * @throws IOException says which file is not what it should be
     */
    public static ClientCertificate read(Path certificateFile, Path keyFile) throws IOException {
        List<X509Certificate> chain = Pem.certificates(certificateFile);
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(keyFile);
        if (permissions.stream().anyMatch(TOO_OPEN::contains)) {
            throw new IOException(
                    keyFile + " must be closed to others (0600 or 0640): its key is open to them");
        }
        PrivateKey key = Pem.privateKey(keyFile);
        if (!pair(key, chain.getFirst().getPublicKey())) {
            throw new IOException(
                    "%s must hold the key of the first certificate in %s: it holds another"
                            .formatted(keyFile, certificateFile));
        }
        try {
            return new ClientCertificate(key, chain);
        } catch (IllegalArgumentException e) {
            throw new IOException(certificateFile + " must " + e.getMessage(), e);
        }
    }

    private static boolean pair(PrivateKey key, PublicKey open) {
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> "EdDSA";
                };
        byte[] probe = "pair".getBytes(StandardCharsets.US_ASCII);
        try {
            Signature signer = Signature.getInstance(algorithm);
            signer.initSign(key);
            signer.update(probe);
            byte[] signature = signer.sign();
            Signature verifier = Signature.getInstance(algorithm);
            verifier.initVerify(open);
            verifier.update(probe);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** The last moment it is good. */
    public Instant until() {
        return chain.getFirst().getNotAfter().toInstant();
    }

    public boolean isExpired(Instant now) {
        return now.isAfter(until());
    }

    /** For people; nothing secret. */
    public String described() {
        X509Certificate own = chain.getFirst();
        return "certificate of %s by %s, until %s"
                .formatted(own.getSubjectX500Principal(), own.getIssuerX500Principal(), until());
    }

    /** Without the key. */
    @Override
    public String toString() {
        return described();
    }
}
