package io.viworks.admin;

import io.viworks.admin.ApiServer.Answer;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.handshake.EnrolmentText;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An agent's request to enrol, which a test may spoil in any way. For one thread. */
final class Enrolling {
    private final ApiServer api;
    private final String agentId;
    private KeyPair key = newKey();
    private @Nullable KeyPair signer;
    private @Nullable String keyId;
    private @Nullable String token;
    private @Nullable String sentBody;
    private @Nullable String csr;
    private final List<String> more = new ArrayList<>();
    private String timestamp = Rfc3339.format(Instant.now());
    private String nonce = UUID.randomUUID().toString();

    private Enrolling(ApiServer api, String agentId) {
        this.api = api;
        this.agentId = agentId;
    }

    static Enrolling at(ApiServer api, String agentId) {
        return new Enrolling(api, agentId);
    }

    static KeyPair newKey() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static String keyId(KeyPair pair) {
        return HandshakeSignature.keyId(HandshakeSignature.raw(pair.getPublic()));
    }

    Enrolling key(KeyPair pair) {
        this.key = pair;
        return this;
    }

    Enrolling token(String text) {
        this.token = text;
        return this;
    }

    /** Asks for a certificate by this request instead of sending the key. */
    Enrolling csr(String pem) {
        this.csr = pem;
        return this;
    }

    /** Asks for a certificate of the key. */
    Enrolling certified() {
        return csr(TestAuthority.request(key, "CN=whoever"));
    }

    /** Signed with this key instead of the one that is enrolled. */
    Enrolling signedBy(KeyPair other) {
        this.signer = other;
        return this;
    }

    /** With one more header, as an edge adds them. */
    Enrolling header(String name, String value) {
        more.add(name);
        more.add(value);
        return this;
    }

    /** Says that this key signed. */
    Enrolling naming(String id) {
        this.keyId = id;
        return this;
    }

    Enrolling at(Instant time) {
        this.timestamp = Rfc3339.format(time);
        return this;
    }

    Enrolling nonce(String text) {
        this.nonce = text;
        return this;
    }

    /** Sends this body, though another one was signed. */
    Enrolling sending(String body) {
        this.sentBody = body;
        return this;
    }

    String body() {
        String publicKey =
                Base64.getEncoder().encodeToString(HandshakeSignature.raw(key.getPublic()));
        if (csr != null) {
            return "{%s\"agent_id\": \"%s\", \"csr\": \"%s\"}"
                    .formatted(
                            token == null ? "" : "\"token\": \"" + token + "\", ",
                            agentId,
                            csr.replace("\n", "\\n"));
        }
        String first = token == null ? "" : "\"token\": \"" + token + "\", ";
        return "{%s\"agent_id\": \"%s\", \"public_key\": \"%s\"}"
                .formatted(first, agentId, publicKey);
    }

    Answer send() {
        KeyPair by = signer == null ? key : signer;
        String body = body();
        EnrolmentText text =
                new EnrolmentText(
                        "POST",
                        EnrolmentText.PATH,
                        timestamp,
                        nonce,
                        AgentId.of(agentId),
                        Bytes.of(body.getBytes(StandardCharsets.UTF_8)));
        HttpRequest.Builder request =
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + api.port() + EnrolmentText.PATH))
                        .timeout(Duration.ofMinutes(1))
                        .header("Content-Type", "application/json")
                        .header(HandshakeHeaders.AGENT_ID, agentId)
                        .header(HandshakeHeaders.TIMESTAMP, timestamp)
                        .header(HandshakeHeaders.NONCE, nonce)
                        .header(HandshakeHeaders.KEY_ID, keyId == null ? keyId(by) : keyId)
                        .header(
                                HandshakeHeaders.SIGNATURE,
                                HandshakeSignature.sign(by.getPrivate(), text))
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        sentBody == null ? body : sentBody));
        if (!more.isEmpty()) {
            request.headers(more.toArray(String[]::new));
        }
        return api.send(request);
    }
}
