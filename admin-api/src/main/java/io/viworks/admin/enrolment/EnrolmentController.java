package io.viworks.admin.enrolment;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.credential.Credentials.Certificate;
import io.viworks.admin.credential.Credentials.Credential;
import io.viworks.admin.enrolment.Enrolment.Enrolled;
import io.viworks.admin.openapi.Refuses;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.web.ForAgents;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.handshake.EnrolmentText;
import io.viworks.protocol.handshake.HandshakeHeaders;
import io.viworks.protocol.handshake.HandshakeRefused;
import io.viworks.protocol.handshake.HandshakeRequest;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Where agents get a key of their own known (spec 2.1, Enrolment). */
@RestController
@Tag(name = "agents")
final class EnrolmentController {
    /** Largest body in bytes. */
    private static final int MAX_BYTES = 8 * 1024;

    private final Enrolment enrolment;
    private final EnrolmentRates rates;
    private final JsonMapper json;

    EnrolmentController(Enrolment enrolment, EnrolmentRates rates, JsonMapper json) {
        this.enrolment = enrolment;
        this.rates = rates;
        this.json = json;
    }

    /**
     * What the agent is told of its key, and of the certificate it asked for.
     *
     * @param keyId for {@code X-Agent-Key-Id}
     * @param certificate in PEM, the authority's own and those above it after it
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Answer(
            String agentId,
            String keyId,
            Instant createdAt,
            @Nullable Instant expiresAt,
            @Nullable String certificate,
            @Nullable Instant certificateExpiresAt) {
        static Answer of(Enrolled enrolled) {
            Credential key = enrolled.key();
            return new Answer(
                    key.agentId().value(),
                    key.keyId(),
                    key.createdAt(),
                    key.expiresAt(),
                    enrolled.certificate().map(Certificate::pem).orElse(null),
                    enrolled.certificate().map(Certificate::expiresAt).orElse(null));
        }
    }

    @Operation(
            summary = "Makes an agent's own key known, by a join token or by its older key",
            description =
                    "Signed over POST|/agent/enroll|TIMESTAMP|NONCE|AGENT_ID|hex(sha256(body)) with"
                            + " the new key beside a token, with the older one without. A csr (PKCS#10"
                            + " in PEM, of an Ed25519 key) in place of the public_key asks for a"
                            + " certificate, too. To ask the same again gives the same answer.")
    @Refuses({
        ProblemCode.BAD_HANDSHAKE,
        ProblemCode.BAD_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.BAD_SIGNATURE,
        ProblemCode.CLOCK_SKEW,
        ProblemCode.NONCE_REPLAYED,
        ProblemCode.TOKEN_REFUSED,
        ProblemCode.REVOKED,
        ProblemCode.GATEWAY_DECOMMISSIONED,
        ProblemCode.ALREADY_ENROLLED,
        ProblemCode.KEY_IN_USE,
        ProblemCode.CERTIFICATES_UNAVAILABLE,
        ProblemCode.RATE_LIMITED,
        ProblemCode.BACKPLANE_DOWN
    })
    @Parameter(in = ParameterIn.HEADER, name = "X-Agent-Id", required = true)
    @Parameter(
            in = ParameterIn.HEADER,
            name = "X-Timestamp",
            required = true,
            description = "RFC 3339 in UTC")
    @Parameter(
            in = ParameterIn.HEADER,
            name = "X-Nonce",
            required = true,
            description = "never used before")
    @Parameter(
            in = ParameterIn.HEADER,
            name = "X-Agent-Signature",
            required = true,
            description = "in base64")
    @Parameter(
            in = ParameterIn.HEADER,
            name = "X-Agent-Key-Id",
            required = true,
            description = "of the key that signs: hex SHA-256 of its 32 bytes")
    @io.swagger.v3.oas.annotations.parameters.RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON_VALUE,
                            schema = @Schema(implementation = EnrolmentBody.class)))
    @ForAgents
    @PostMapping(path = EnrolmentText.PATH, consumes = MediaType.APPLICATION_JSON_VALUE)
    Answer enrol(@RequestBody byte[] body, HttpServletRequest request) {
        rates.check(request.getRemoteAddr());
        if (body.length > MAX_BYTES) {
            throw Refusal.of(
                    ProblemCode.BODY_TOO_LARGE, "an enrolment has at most " + MAX_BYTES + " bytes");
        }
        HandshakeRequest headers = headers(request);
        return Answer.of(
                enrolment.enrol(
                        headers,
                        read(body).checked(headers.agentId()),
                        Bytes.of(body),
                        request.getRemoteAddr()));
    }

    /** The headers are those of a handshake but for the subprotocol, which nobody offers here. */
    private static HandshakeRequest headers(HttpServletRequest request) {
        try {
            return HandshakeRequest.parse(
                    request.getMethod(),
                    EnrolmentText.PATH,
                    name ->
                            name.equals(HandshakeHeaders.SUBPROTOCOL_HEADER)
                                    ? List.of(HandshakeHeaders.SUBPROTOCOL)
                                    : Collections.list(request.getHeaders(name)));
        } catch (HandshakeRefused refused) {
            throw Refusal.of(ProblemCode.BAD_HANDSHAKE, refused.detail());
        }
    }

    private EnrolmentBody read(byte[] body) {
        EnrolmentBody read;
        try {
            read = json.readValue(body, EnrolmentBody.class);
        } catch (JacksonException e) {
            // Its message may quote the token.
            throw Refusal.of(
                    ProblemCode.BAD_JSON,
                    "the body must be one JSON object with token, agent_id, and public_key or csr"
                            + " as texts");
        }
        if (read == null) {
            throw Refusal.of(ProblemCode.BAD_JSON, "the body must be one JSON object");
        }
        return read;
    }
}
