package io.viworks.bench.load;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeMac;
import io.viworks.protocol.handshake.HandshakeSignature;
import io.viworks.protocol.handshake.HandshakeText;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;

/**
 * Proofs of the generator's agents. With keys, all agents have the same one, made of the plan's
 * secret: what a server does for one agent is the same, and ten thousand need no minute to make.
 */
public final class Credentials {
    private final LoadPlan.Auth auth;
    private final byte[] secret;
    private final KeyPair pair;
    private final String keyId;

    public Credentials(LoadPlan.Auth auth, String secret) {
        this.auth = auth;
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
        this.pair = pairOf(this.secret);
        this.keyId = HandshakeSignature.keyId(HandshakeSignature.raw(pair.getPublic()));
    }

    private static KeyPair pairOf(byte[] secret) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            byte[] seed = MessageDigest.getInstance("SHA-256").digest(secret);
            generator.initialize(255, new Fixed(seed));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has Ed25519 and SHA-256", e);
        }
    }

    /** Gives the same bytes always, so that two processes make the same key. */
    private static final class Fixed extends SecureRandom {
        private static final long serialVersionUID = 1;
        private final byte[] seed;

        Fixed(byte[] seed) {
            this.seed = seed.clone();
        }

        @Override
        public void nextBytes(byte[] bytes) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = seed[i % seed.length];
            }
        }
    }

    /** The public key of all agents, as RFC 8032 encodes it. */
    public byte[] publicKey() {
        return HandshakeSignature.raw(pair.getPublic());
    }

    /** What {@code X-Agent-Key-Id} calls it. */
    public String keyId() {
        return keyId;
    }

    /** The whole request of one attempt, signed now. */
    byte[] request(AgentId agent, int port) {
        String now = Instant.now().toString();
        String nonce = UUID.randomUUID().toString();
        HandshakeText text = new HandshakeText("GET", HandshakeHeaders.PATH, now, nonce, agent);
        StringBuilder head = new StringBuilder(512);
        head.append("GET ").append(HandshakeHeaders.PATH).append(" HTTP/1.1\r\n");
        header(head, "Host", "127.0.0.1:" + port);
        header(head, "Connection", "Upgrade");
        header(head, "Upgrade", "websocket");
        header(head, "Sec-WebSocket-Version", "13");
        header(head, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        header(head, HandshakeHeaders.SUBPROTOCOL_HEADER, HandshakeHeaders.SUBPROTOCOL);
        header(head, HandshakeHeaders.AGENT_ID, agent.value());
        header(head, HandshakeHeaders.TIMESTAMP, now);
        header(head, HandshakeHeaders.NONCE, nonce);
        switch (auth) {
            case NONE -> {}
            case HMAC -> header(head, HandshakeHeaders.AUTH, HandshakeMac.sign(secret, text));
            case KEY -> {
                String signature = HandshakeSignature.sign(pair.getPrivate(), text);
                header(head, HandshakeHeaders.SIGNATURE, signature);
                header(head, HandshakeHeaders.KEY_ID, keyId);
            }
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void header(StringBuilder head, String name, String value) {
        head.append(name).append(": ").append(value).append("\r\n");
    }
}
