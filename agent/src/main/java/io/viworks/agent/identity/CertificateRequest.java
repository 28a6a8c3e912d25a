package io.viworks.agent.identity;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/**
 * Asks for a certificate of a key (PKCS#10, RFC 2986). The library is loaded when the first one is
 * written, so that an agent without certificates never loads it.
 */
final class CertificateRequest {
    private CertificateRequest() {}

    /** In PEM, signed with the key itself. The authority takes nothing from it but the key. */
    static String pem(OwnKey key, AgentId agentId) {
        SubjectPublicKeyInfo publicKey =
                SubjectPublicKeyInfo.getInstance(
                        HandshakeSignature.publicKey(key.publicKey().array()).getEncoded());
        X500NameBuilder subject = new X500NameBuilder().addRDN(BCStyle.CN, agentId.value());
        try {
            byte[] der =
                    new PKCS10CertificationRequestBuilder(subject.build(), publicKey)
                            .build(new JcaContentSignerBuilder("Ed25519").build(key.privateKey()))
                            .getEncoded();
            return Pem.text("CERTIFICATE REQUEST", der);
        } catch (OperatorCreationException e) {
            throw new IllegalStateException("every JDK has Ed25519", e);
        } catch (IOException e) {
            throw new UncheckedIOException("it is encoded in memory", e);
        }
    }
}
