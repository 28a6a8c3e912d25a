package io.viworks.admin.enrolment;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.viworks.admin.authority.CertificateRequest;
import io.viworks.admin.problem.InputError;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.HandshakeSignature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an agent sends to enrol. Fields of later agents are ignored (spec 2).
 *
 * @param token the join token; without it the request is signed with the older key
 * @param publicKey the 32 bytes of an Ed25519 key in base64
 * @param csr instead of it: a PKCS#10 request for a certificate of an Ed25519 key, in PEM
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record EnrolmentBody(
        @Nullable String token,
        @Nullable String agentId,
        @Nullable String publicKey,
        @Nullable String csr) {
    private static final int MAX_TOKEN = 128;
    private static final int MAX_KEY = 64;

    /**
     * The body with its values checked.
     *
     * @param sender the agent of the header, which the body must name, too
     */
    Asked checked(AgentId sender) {
        List<InputError> errors = new ArrayList<>();
        if (agentId == null || !agentId.equals(sender.value())) {
            errors.add(InputError.at("/agent_id", "must be the id that X-Agent-Id says"));
        }
        if (csr != null && publicKey != null) {
            errors.add(
                    InputError.at(
                            "/public_key", "must be left out beside a csr, which holds the key"));
        }
        if (token != null && token.length() > MAX_TOKEN) {
            errors.add(InputError.at("/token", "must have at most " + MAX_TOKEN + " characters"));
        }
        Bytes key = csr == null ? key(errors) : requested(csr, errors);
        if (!errors.isEmpty()) {
            throw JoinTokenRequest.invalid(errors);
        }
        return new Asked(
                key,
                HandshakeSignature.keyId(key.array()),
                csr != null,
                Optional.ofNullable(token));
    }

    private static Bytes requested(String csr, List<InputError> errors) {
        try {
            return CertificateRequest.read(csr).publicKey();
        } catch (IllegalArgumentException e) {
            errors.add(InputError.at("/csr", String.valueOf(e.getMessage())));
            return Bytes.of(new byte[0]);
        }
    }

    private Bytes key(List<InputError> errors) {
        try {
            if (publicKey != null && publicKey.length() <= MAX_KEY) {
                byte[] raw = Base64.getDecoder().decode(publicKey);
                if (raw.length == HandshakeSignature.PUBLIC_KEY_BYTES) {
                    return Bytes.of(raw);
                }
            }
        } catch (IllegalArgumentException e) {
            // Answered below, like one of another length.
        }
        errors.add(InputError.at("/public_key", "must be the 32 bytes of the key in base64"));
        return Bytes.of(new byte[0]);
    }

    /** The refusal of 32 bytes that are no point of the curve. */
    static Refusal noKey() {
        return Refusal.of(
                ProblemCode.INVALID_BODY,
                "the body has fields that are wrong",
                List.of(InputError.at("/public_key", "must be an Ed25519 public key")));
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "EnrolmentBody[" + agentId + "]";
    }

    /**
     * A body whose values have their form.
     *
     * @param certificate whether a certificate is to be issued for the key
     */
    record Asked(Bytes publicKey, String keyId, boolean certificate, Optional<String> token) {
        /** Without the token. */
        @Override
        public String toString() {
            return "Asked[" + keyId + "]";
        }
    }
}
