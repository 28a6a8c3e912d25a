package io.viworks.admin.problem;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Every code a caller can be refused with; stable, with one status and one title each. */
public enum ProblemCode {
    BAD_REQUEST(400, "The request is malformed"),
    BAD_JSON(400, "The body is not valid JSON"),
    BAD_PARAMETER(400, "A parameter or header is wrong"),
    BAD_CURSOR(400, "The cursor is not one of this list"),
    BAD_HANDSHAKE(400, "The headers of the enrolment are wrong"),
    UNAUTHORIZED(401, "A valid bearer token is needed"),
    BAD_SIGNATURE(401, "The request is not signed with the right key"),
    CLOCK_SKEW(401, "The timestamp is too far from the server's time"),
    NONCE_REPLAYED(401, "The nonce was used before"),
    FORBIDDEN(403, "The token's role does not allow this"),
    VERB_FORBIDDEN(403, "The token does not allow this verb"),
    SITE_FORBIDDEN(403, "The token does not allow this site"),
    TOKEN_REFUSED(403, "The join token does not open this gateway"),
    REVOKED(403, "The key is revoked"),
    NOT_FOUND(404, "There is nothing here"),
    UNKNOWN_GATEWAY(404, "No such gateway"),
    UNKNOWN_COMMAND(404, "No such command for this gateway"),
    UNKNOWN_BATCH(404, "No such batch"),
    UNKNOWN_STREAM(404, "No such stream"),
    UNKNOWN_DEAD_LETTER(404, "No such dead letter"),
    UNKNOWN_CREDENTIAL(404, "No such credential of this gateway"),
    UNKNOWN_TOKEN(404, "No such join token"),
    NO_TELEMETRY(404, "The gateway has not reported yet"),
    METHOD_NOT_ALLOWED(405, "The method is not allowed here"),
    NOT_ACCEPTABLE(406, "The answer is not available in that form"),
    GATEWAY_DECOMMISSIONED(409, "The gateway is decommissioned"),
    NOT_DECOMMISSIONED(409, "The gateway is in use"),
    GATEWAY_EXISTS(409, "The gateway is there already"),
    ALREADY_ENROLLED(409, "The gateway has, or had, a key of its own"),
    KEY_IN_USE(409, "The key was enrolled before"),
    CREDENTIALS_VALID(409, "The gateway has a valid credential"),
    CERTIFICATES_UNAVAILABLE(409, "Certificates are not issued here"),
    CLONE_SUSPECTED(409, "Two machines may be using this gateway's id"),
    VERB_UNSUPPORTED(409, "The gateway's agent does not offer this verb"),
    NOT_ENROLLED(409, "Secret arguments need an enrolled gateway"),
    SECRETS_UNAVAILABLE(409, "Secret arguments cannot be sealed here"),
    AGENT_OFFLINE(409, "The gateway is not connected"),
    AGENT_BUSY(409, "The gateway has no room for another command"),
    IDEMPOTENCY_CONFLICT(409, "The key was used for another request"),
    BATCH_CANCELLED(409, "The batch was cancelled"),
    REQUEST_IN_PROGRESS(409, "The same request is being worked on"),
    NOT_CANCELLABLE(409, "The command cannot be cancelled any more"),
    PRECONDITION_FAILED(412, "The gateway was edited by somebody else"),
    BODY_TOO_LARGE(413, "The body is too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "The body must be application/json"),
    INVALID_BODY(422, "The body is not what this call takes"),
    UNKNOWN_VERB(422, "No such verb"),
    INVALID_ARGUMENTS(422, "The arguments do not fit the verb"),
    NO_GATEWAYS(422, "The selector matches no gateway"),
    TOO_MANY_GATEWAYS(422, "These are more gateways than one batch may have"),
    PRECONDITION_REQUIRED(428, "The edit must say what it is based on"),
    RATE_LIMITED(429, "Too many requests just now"),
    TOO_MANY_FAILURES(429, "Too many requests without a valid token from one address"),
    TOO_MANY_STREAMS(429, "This caller has too many event streams open"),
    QUEUE_FULL(429, "Too many commands wait for this gateway"),
    EXPORTS_BUSY(429, "Too many exports run just now"),
    INTERNAL(500, "The request failed for a reason of our own"),
    DATABASE_AWAY(503, "The database cannot be reached just now"),
    STREAMS_FULL(503, "This process serves as many event streams as it may"),
    ISSUER_AWAY(503, "The issuer of the token cannot be reached just now"),
    BACKPLANE_DOWN(503, "Nonces cannot be checked just now"),
    BACKPLANE_AWAY(503, "Redis cannot be reached just now");

    private final int status;
    private final String title;

    ProblemCode(int status, String title) {
        this.status = status;
        this.title = title;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** The code as the wire spells it. */
    @JsonValue
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
