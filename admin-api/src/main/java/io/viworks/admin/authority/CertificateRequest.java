package io.viworks.admin.authority;

import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Set;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * A request for a certificate (RFC 2986) whose sender has shown to have the key. Nothing else in it
 * counts: subject, names and uses are the authority's to write.
 *
 * @param publicKey the 32 bytes of an Ed25519 key
 */
public record CertificateRequest(Bytes publicKey) {
    /** Longest text; one with an Ed25519 key and a few names has about 400 characters. */
    public static final int MAX_CHARS = 4096;

    /** The second is what older tools write. */
    private static final Set<String> LABELS =
            Set.of("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");

    private static final ASN1ObjectIdentifier ED25519 = EdECObjectIdentifiers.id_Ed25519;

    /**
     * Reads a request and checks its signature.
     *
     * @throws IllegalArgumentException says what would be right
     */
    public static CertificateRequest read(String pem) {
        byte[] der = Pem.decode(pem, LABELS, MAX_CHARS);
        try {
            PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
            byte[] key = key(request.getSubjectPublicKeyInfo());
            if (!isEd25519(request.getSignatureAlgorithm()) || !isSigned(request, key)) {
                throw new IllegalArgumentException("must be signed with the key that it holds");
            }
            return new CertificateRequest(Bytes.of(key));
        } catch (IOException | IllegalStateException | ClassCastException e) {
            throw new IllegalArgumentException("must hold a PKCS#10 request (RFC 2986)", e);
        }
    }

    private static byte[] key(SubjectPublicKeyInfo info) {
        if (!isEd25519(info.getAlgorithm())
                || info.getPublicKeyData().getOctets().length
                        != HandshakeSignature.PUBLIC_KEY_BYTES) {
            throw new IllegalArgumentException("must be for an Ed25519 key");
        }
        return info.getPublicKeyData().getOctets();
    }

    /** RFC 8410, section 3: without parameters. */
    private static boolean isEd25519(AlgorithmIdentifier algorithm) {
        return algorithm.getAlgorithm().equals(ED25519) && algorithm.getParameters() == null;
    }

    private static boolean isSigned(PKCS10CertificationRequest request, byte[] key)
            throws IOException {
        PublicKey publicKey;
        try {
            publicKey = HandshakeSignature.publicKey(key);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must be for an Ed25519 key", e);
        }
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(publicKey);
            verifier.update(
                    request.toASN1Structure().getCertificationRequestInfo().getEncoded("DER"));
            return verifier.verify(request.getSignature());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
