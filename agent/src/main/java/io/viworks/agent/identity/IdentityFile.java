package io.viworks.agent.identity;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.frame.FrameCodec;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The file the keys live in: one JSON object, replaced as a whole. One process writes it: the one
 * that holds the journal.
 */
final class IdentityFile {
    private static final FrameCodec CODEC = new FrameCodec();

    private final Path path;
    private final AgentId agentId;

    IdentityFile(Path path, AgentId agentId) {
        this.path = path;
        this.agentId = agentId;
    }

    /** The file is there and does not hold what this agent wrote. */
    static final class Damaged extends Exception {
        private Damaged(String what) {
            super(what);
        }
    }

    /**
     * Reads the keys; none when there is no file yet.
     *
     * @throws IOException when it cannot be read, or belongs to another gateway
     */
    Keys load() throws IOException, Damaged {
        byte[] content;
        try {
            content = Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            return Keys.NONE;
        }
        ObjectNode object;
        try {
            object = CODEC.decodeObject(content);
        } catch (BadFrame e) {
            throw new Damaged("it is no JSON object");
        }
        String owner = object.path("agent_id").asString("");
        if (!owner.equals(agentId.value())) {
            if (owner.isEmpty()) {
                throw new Damaged("it names no agent");
            }
            throw new IOException(path + " is the identity of another gateway, " + owner);
        }
        return new Keys(key(object.path("current")), key(object.path("next")));
    }

    /** Puts a damaged file out of the way, for people to look at. */
    Path setAside(Instant now) throws IOException {
        Path aside =
                path.resolveSibling(
                        path.getFileName() + ".damaged-" + now.toString().replace(":", ""));
        DurableFile.move(path, aside);
        return aside;
    }

    /** On disk when this returns. */
    void store(Keys keys) throws IOException {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("v", 1);
        object.put("agent_id", agentId.value());
        if (keys.current() != null) {
            object.set("current", json(keys.current()));
        }
        if (keys.next() != null) {
            object.set("next", json(keys.next()));
        }
        DurableFile.replace(path, CODEC.encodeObject(object));
    }

    private static ObjectNode json(OwnKey key) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("private_key", base64(key.privateKey().getEncoded()));
        object.put("public_key", base64(key.publicKey().array()));
        object.put("made_at", Rfc3339.format(key.madeAt()));
        if (key.tokenSha256() != null) {
            object.put("token_sha256", key.tokenSha256());
        }
        Grant grant = key.grant();
        if (grant != null) {
            object.put("key_id", grant.keyId());
            object.put("since", Rfc3339.format(grant.since()));
            if (grant.expiresAt() != null) {
                object.put("expires_at", Rfc3339.format(grant.expiresAt()));
            }
            if (!grant.chain().isEmpty()) {
                object.put("certificate", Pem.text(grant.chain()));
            }
        }
        return object;
    }

    private static @Nullable OwnKey key(JsonNode node) throws Damaged {
        if (node.isMissingNode()) {
            return null;
        }
        try {
            PrivateKey privateKey =
                    KeyFactory.getInstance("Ed25519")
                            .generatePrivate(new PKCS8EncodedKeySpec(bytes(node, "private_key")));
            byte[] publicKey = bytes(node, "public_key");
            requirePair(privateKey, publicKey);
            return new OwnKey(
                    privateKey,
                    Bytes.of(publicKey),
                    Rfc3339.parse(node.path("made_at").asString("")),
                    grant(node),
                    text(node, "token_sha256"));
        } catch (GeneralSecurityException | IllegalArgumentException | DateTimeParseException e) {
            throw new Damaged("a key in it cannot be read");
        }
    }

    private static @Nullable Grant grant(JsonNode node) throws CertificateException {
        String keyId = text(node, "key_id");
        if (keyId == null) {
            return null;
        }
        String expiresAt = text(node, "expires_at");
        String certificate = text(node, "certificate");
        return new Grant(
                keyId,
                Rfc3339.parse(node.path("since").asString("")),
                expiresAt == null ? null : Rfc3339.parse(expiresAt),
                certificate == null ? List.of() : Pem.certificates(certificate));
    }

    private static void requirePair(PrivateKey privateKey, byte[] publicKey)
            throws GeneralSecurityException {
        byte[] probe = "pair".getBytes(StandardCharsets.US_ASCII);
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(privateKey);
        signer.update(probe);
        byte[] signature = signer.sign();
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(HandshakeSignature.publicKey(publicKey));
        verifier.update(probe);
        if (!verifier.verify(signature)) {
            throw new IllegalArgumentException("the two halves are no pair");
        }
    }

    private static @Nullable String text(JsonNode node, String name) {
        JsonNode value = node.path(name);
        return value.isString() ? value.stringValue() : null;
    }

    private static byte[] bytes(JsonNode node, String name) {
        return Base64.getDecoder().decode(node.path(name).asString(""));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
