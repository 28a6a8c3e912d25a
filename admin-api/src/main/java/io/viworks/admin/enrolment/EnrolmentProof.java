package io.viworks.admin.enrolment;

import io.viworks.admin.credential.Credentials;
import io.viworks.admin.enrolment.EnrolmentBody.Asked;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.redis.Answer;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.directory.Nonces;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.handshake.EnrolmentText;
import io.viworks.protocol.handshake.HandshakeRequest;
import io.viworks.protocol.handshake.HandshakeRequest.Proof;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.springframework.stereotype.Component;

/**
 * Who asks to be enrolled, and whether it is now and for the first time: what a handshake is asked,
 * too (spec 2.1). Thread-safe.
 */
@Component
final class EnrolmentProof {
    /** Stands for a key that is not there: RFC 8032, section 7.1, test 1. */
    private static final Bytes DUMMY_KEY =
            Bytes.of(
                    HexFormat.of()
                            .parseHex(
                                    "d75a980182b10ab7d54bfed3c964073a"
                                            + "0ee172f3daa62325af021a68f707511a"));

    private static final Duration PAUSE = Duration.ofSeconds(10);

    private final Credentials credentials;
    private final Nonces nonces;

    EnrolmentProof(Credentials credentials, Nonces nonces) {
        this.credentials = credentials;
        this.nonces = nonces;
    }

    /** The name of the key that signed; the new one beside a token, else an older one. */
    String signer(HandshakeRequest headers, Asked asked, Bytes body, Instant now) {
        if (!(headers.proof() instanceof Proof.OwnKey proof)) {
            throw badSignature("X-Agent-Signature and X-Agent-Key-Id must be sent");
        }
        EnrolmentText text =
                new EnrolmentText(
                        headers.text().method(),
                        headers.text().path(),
                        headers.text().timestamp(),
                        headers.text().nonce(),
                        headers.agentId(),
                        body);
        if (asked.token().isPresent()) {
            if (!proof.keyId().equals(asked.keyId())
                    || !verify(asked.publicKey(), text, proof.signature())) {
                throw badSignature("beside a token the new key must sign, and be named");
            }
            return asked.keyId();
        }
        Optional<Bytes> older = credentials.validKey(headers.agentId(), proof.keyId(), now);
        boolean signed = verify(older.orElse(DUMMY_KEY), text, proof.signature());
        if (older.isEmpty() || !signed) {
            throw badSignature("without a token a valid key of the agent must sign");
        }
        return proof.keyId();
    }

    private static boolean verify(Bytes key, EnrolmentText text, Bytes signature) {
        try {
            return HandshakeSignature.verify(
                    HandshakeSignature.publicKey(key.array()), text, signature);
        } catch (IllegalArgumentException e) {
            throw EnrolmentBody.noKey();
        }
    }

    static Refusal badSignature(String why) {
        return Refusal.of(ProblemCode.BAD_SIGNATURE, why);
    }

    static void checkClock(HandshakeRequest headers, Instant now) {
        if (!headers.isFresh(now)) {
            throw Refusal.of(ProblemCode.CLOCK_SKEW, "X-Timestamp must be within 5 minutes of now")
                    .with("server_time", Rfc3339.format(now));
        }
    }

    void checkNonce(HandshakeRequest headers) {
        boolean fresh;
        try {
            fresh = Answer.of(nonces.use(headers.agentId(), headers.nonce().toString()));
        } catch (WorldAway away) {
            throw Refusal.of(ProblemCode.BACKPLANE_DOWN, "nothing was changed; try again later")
                    .retryAfter(PAUSE);
        }
        if (!fresh) {
            throw Refusal.of(ProblemCode.NONCE_REPLAYED, "X-Nonce must be fresh for every attempt");
        }
    }
}
