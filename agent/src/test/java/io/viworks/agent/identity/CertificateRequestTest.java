package io.viworks.agent.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.StringReader;
import java.time.Instant;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another's reader finds in a request what was written. */
class CertificateRequestTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 20, 30, 31, 32, 33, 40, 63, 64})
    void isReadByAnotherLibrary(int length) throws Exception {
        OwnKey key = OwnKey.fresh(Instant.EPOCH);
        AgentId id = AgentId.of("g".repeat(length));
        try (PEMParser parser = new PEMParser(new StringReader(CertificateRequest.pem(key, id)))) {
            PKCS10CertificationRequest read = (PKCS10CertificationRequest) parser.readObject();
            JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(read);
            assertThat(request.getSubject()).hasToString("CN=" + id);
            assertThat(HandshakeSignature.raw(request.getPublicKey()))
                    .isEqualTo(key.publicKey().array());
            assertThat(
                            request.isSignatureValid(
                                    new JcaContentVerifierProviderBuilder()
                                            .build(request.getPublicKey())))
                    .isTrue();
            assertThat(request.getAttributes()).isEmpty();
        }
    }
}
