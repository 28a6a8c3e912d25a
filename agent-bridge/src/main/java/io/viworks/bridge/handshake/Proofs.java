package io.viworks.bridge.handshake;

import io.viworks.backplane.directory.DirectoryEntry;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeMac;
import io.viworks.protocol.handshake.HandshakeRequest.Proof;
import io.viworks.protocol.handshake.HandshakeSignature;
import io.viworks.protocol.handshake.HandshakeText;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * Whether an agent is who it says (row 4 of spec 2.1). A secret or key that is not there is played
 * by a dummy, so that the answer and its time tell nobody which ids exist. Thread-safe.
 */
final class Proofs {
    /** A valid public key whose private half nobody has: RFC 8032, section 7.1, test 1. */
    private static final Bytes DUMMY_KEY =
            Bytes.of(
                    java.util.HexFormat.of()
                            .parseHex(
                                    "d75a980182b10ab7d54bfed3c964073a"
                                            + "0ee172f3daa62325af021a68f707511a"));

    private final byte[] secret;
    private final boolean hasSecret;

    Proofs(Optional<Bytes> secret, SecureRandom random) {
        this.hasSecret = secret.isPresent();
        this.secret = secret.map(Bytes::array).orElseGet(() -> random(random));
    }

    private static byte[] random(SecureRandom random) {
        byte[] dummy = new byte[32];
        random.nextBytes(dummy);
        return dummy;
    }

    /** Whether the MAC was made with the shared secret; never when there is none. */
    boolean verify(Proof.SharedSecret proof, HandshakeText text) {
        return HandshakeMac.verify(secret, text, proof.mac()) && hasSecret;
    }

    /** Whether the signature was made with the key of this agent that it names. */
    boolean verify(Proof.OwnKey proof, HandshakeText text, Optional<DirectoryEntry> entry) {
        Optional<Bytes> known =
                entry.stream()
                        .flatMap(found -> found.keys().stream())
                        .filter(key -> key.id().equals(proof.keyId()))
                        .map(DirectoryEntry.Key::publicKey)
                        .findFirst();
        PublicKey key = HandshakeSignature.publicKey(known.orElse(DUMMY_KEY).array());
        return HandshakeSignature.verify(key, text, proof.signature()) && known.isPresent();
    }
}
