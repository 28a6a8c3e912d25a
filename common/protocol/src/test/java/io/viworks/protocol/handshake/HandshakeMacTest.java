package io.viworks.protocol.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.AgentId;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HandshakeMacTest {
    private static final byte[] SECRET =
            "correct horse battery staple".getBytes(StandardCharsets.UTF_8);
    private static final HandshakeText TEXT =
            new HandshakeText(
                    "GET",
                    "/agent/ws",
                    "2026-01-15T12:00:00Z",
                    "3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10",
                    AgentId.of("gateway-001"));
    private static final String MAC =
            "106ceb23db760e5392c9ab4faa74c42cec3bead784c880a8bdd366da6a4f1128";

    @Test
    void givesTheVectorOfTheSpecification() {
        assertThat(TEXT.text())
                .isEqualTo(
                        "GET|/agent/ws|2026-01-15T12:00:00Z"
                                + "|3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10|gateway-001");
        assertThat(HandshakeMac.sign(SECRET, TEXT)).isEqualTo(MAC);
        assertThat(HandshakeMac.verify(SECRET, TEXT, MAC)).isTrue();
    }

    @Test
    void refusesEveryOtherHeader() {
        assertThat(HandshakeMac.verify(SECRET, TEXT, "")).isFalse();
        assertThat(HandshakeMac.verify(SECRET, TEXT, MAC.substring(1))).isFalse();
        assertThat(HandshakeMac.verify(SECRET, TEXT, MAC + "0")).isFalse();
        assertThat(HandshakeMac.verify(SECRET, TEXT, "0" + MAC.substring(1))).isFalse();
        assertThat(HandshakeMac.verify(new byte[] {1}, TEXT, MAC)).isFalse();
    }
}
