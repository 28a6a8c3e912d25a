package io.viworks.protocol.handshake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.handshake.HandshakeRequest.Proof;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HandshakeRequestTest {
    private static final String MAC = "0123456789abcdef".repeat(4);
    private static final String SIGNATURE = Base64.getEncoder().encodeToString(new byte[64]);

    private final Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    HandshakeRequestTest() {
        headers.put("Sec-WebSocket-Protocol", List.of("viworks-agent-v1"));
        headers.put("X-Agent-Id", List.of("gateway-001"));
        headers.put("X-Timestamp", List.of("2026-01-15T12:00:00Z"));
        headers.put("X-Nonce", List.of("3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10"));
        headers.put("X-Agent-Auth", List.of(MAC));
    }

    @Test
    void readsTheSharedSecretsProof() throws HandshakeRefused {
        HandshakeRequest request = parse();
        assertThat(request.agentId()).isEqualTo(AgentId.of("gateway-001"));
        assertThat(request.timestamp()).isEqualTo(Instant.parse("2026-01-15T12:00:00Z"));
        assertThat(request.nonce())
                .isEqualTo(UUID.fromString("3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10"));
        assertThat(request.proof()).isEqualTo(new Proof.SharedSecret(MAC));
        assertThat(request.text().text())
                .isEqualTo(
                        "GET|/agent/ws|2026-01-15T12:00:00Z"
                                + "|3f2b8c1e-6a54-4d0e-9a51-0c7f7d3c2b10|gateway-001");
    }

    @Test
    void signsTheTimestampAsItWasSent() throws HandshakeRefused {
        headers.put("X-Timestamp", List.of("2026-01-15T12:00:00.000000+00:00"));
        assertThat(parse().text().text()).contains("|2026-01-15T12:00:00.000000+00:00|");
    }

    @Test
    void readsAKeysProof() throws HandshakeRefused {
        headers.remove("X-Agent-Auth");
        headers.put("X-Agent-Signature", List.of(SIGNATURE));
        headers.put("X-Agent-Key-Id", List.of("k1"));
        assertThat(parse().proof())
                .isInstanceOfSatisfying(
                        Proof.OwnKey.class,
                        proof -> {
                            assertThat(proof.keyId()).isEqualTo("k1");
                            assertThat(proof.signature().length()).isEqualTo(64);
                        });
    }

    @Test
    void leavesItToTheModeWhetherAProofIsNeeded() throws HandshakeRefused {
        headers.remove("X-Agent-Auth");
        assertThat(parse().proof()).isEqualTo(new Proof.Absent());
    }

    @Test
    void findsTheSubprotocolAmongOthers() throws HandshakeRefused {
        headers.put("Sec-WebSocket-Protocol", List.of("chat", "v2, viworks-agent-v1"));
        assertThat(parse().agentId()).isEqualTo(AgentId.of("gateway-001"));
    }

    @ParameterizedTest
    @CsvSource({
        "Sec-WebSocket-Protocol,,offer viworks-agent-v1",
        "Sec-WebSocket-Protocol,viworks-agent-v11,offer viworks-agent-v1",
        "X-Agent-Id,,be sent",
        "X-Agent-Id,a b,'match [A-Za-z0-9][A-Za-z0-9._-]{0,63}'",
        "X-Timestamp,,be sent",
        "X-Timestamp,now,be an RFC 3339 instant in UTC",
        "X-Timestamp,2026-01-15T12:00:00+02:00,be an RFC 3339 instant in UTC",
        "X-Timestamp,2026-01-15T12:00:00.0000000000000000000000Z,be an RFC 3339 instant in UTC",
        "X-Nonce,,be sent",
        "X-Nonce,1,be a lower-case UUIDv4",
        "X-Nonce,3F2B8C1E-6A54-4D0E-9A51-0C7F7D3C2B10,be a lower-case UUIDv4",
        "X-Nonce,3f2b8c1e-6a54-1d0e-9a51-0c7f7d3c2b10,be a lower-case UUIDv4",
        "X-Nonce,3f2b8c1e-6a54-4d0e-ca51-0c7f7d3c2b10,be a lower-case UUIDv4",
        "X-Agent-Auth,0123,be 64 lower-case hex digits",
        "X-Agent-Auth,'',be 64 lower-case hex digits"
    })
    void refusesAHeaderOfAnotherForm(String name, String value, String rule) {
        headers.put(name, value == null ? List.of() : List.of(value));
        HandshakeRefused refused = refused();
        assertThat(refused.refusal()).isEqualTo(Refusal.BAD_HANDSHAKE);
        assertThat(refused.detail()).isEqualTo(name + " must " + rule);
    }

    @ParameterizedTest
    @CsvSource({"X-Agent-Id", "X-Timestamp", "X-Nonce", "X-Agent-Auth", "X-Agent-Signature"})
    void refusesAHeaderThatStandsTwice(String name) {
        String once = headers.getOrDefault(name, List.of(SIGNATURE)).getFirst();
        headers.put(name, List.of(once, once));
        assertThat(refused().detail()).isEqualTo(name + " must stand once");
    }

    @Test
    void refusesUpperCaseHex() {
        headers.put("X-Agent-Auth", List.of(MAC.replace('a', 'A')));
        assertThat(refused().refusal()).isEqualTo(Refusal.BAD_HANDSHAKE);
    }

    @Test
    void refusesBothKindsOfProof() {
        headers.put("X-Agent-Signature", List.of(SIGNATURE));
        headers.put("X-Agent-Key-Id", List.of("k1"));
        assertThat(refused().detail()).startsWith("X-Agent-Auth must stand alone");
    }

    @ParameterizedTest
    @CsvSource({
        ",k1,X-Agent-Signature must stand beside X-Agent-Key-Id",
        "AAAA,,X-Agent-Signature must stand beside X-Agent-Key-Id",
        "AAAA,k1,X-Agent-Signature must be 64 bytes in base64",
        "?,k1,X-Agent-Signature must be 64 bytes in base64",
        "AAAA,k 1,'X-Agent-Key-Id must match [A-Za-z0-9][A-Za-z0-9._:-]{0,127}'"
    })
    void refusesHalfASignature(String signature, String keyId, String detail) {
        headers.remove("X-Agent-Auth");
        headers.put("X-Agent-Signature", signature == null ? List.of() : List.of(signature));
        headers.put("X-Agent-Key-Id", keyId == null ? List.of() : List.of(keyId));
        assertThat(refused().detail()).isEqualTo(detail);
    }

    @Test
    void looksFiveMinutesInEitherDirection() throws HandshakeRefused {
        HandshakeRequest request = parse();
        Instant sent = request.timestamp();
        assertThat(request.isFresh(sent.plusSeconds(300))).isTrue();
        assertThat(request.isFresh(sent.minusSeconds(300))).isTrue();
        assertThat(request.isFresh(sent.plusSeconds(300).plusMillis(1))).isFalse();
        assertThat(request.isFresh(sent.minusSeconds(300).minusMillis(1))).isFalse();
        assertThat(request.skew(sent.plusSeconds(3600))).isEqualTo(Duration.ofHours(-1));
    }

    @ParameterizedTest
    @EnumSource(Refusal.class)
    void answersWithTheStatusOfTheSpecification(Refusal refusal) {
        int status =
                switch (refusal) {
                    case BAD_HANDSHAKE -> 400;
                    case AT_CAPACITY, DRAINING, BACKPLANE_DOWN -> 503;
                    case RATE_LIMITED -> 429;
                    case CERTIFICATE_REQUIRED,
                            BAD_SIGNATURE,
                            SECRET_MISMATCH,
                            CREDENTIAL_REQUIRED,
                            CLOCK_SKEW,
                            NONCE_REPLAYED ->
                            401;
                    case CERTIFICATE_MISMATCH, NOT_ALLOWED, REVOKED, DECOMMISSIONED -> 403;
                };
        assertThat(refusal.status()).isEqualTo(status);
        assertThat(refusal.code()).matches("[a-z_]+");
    }

    private HandshakeRequest parse() throws HandshakeRefused {
        return HandshakeRequest.parse(
                "GET", "/agent/ws", name -> headers.getOrDefault(name, List.of()));
    }

    private HandshakeRefused refused() {
        return catchThrowableOfType(HandshakeRefused.class, this::parse);
    }
}
