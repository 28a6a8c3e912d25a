package io.viworks.protocol.frame;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Reads of an envelope what whoever carries it has to know, by one look at each byte and without
 * making anything of the rest. It knows only what {@link FrameCodec#decodeEnvelope} would surely
 * take; of anything that is not plain JSON it says that it does not know, and the codec decides.
 * For one thread.
 */
public final class PlainEnvelope extends PlainJson {
    private static final long CORRELATION_ID = hash("correlation_id");
    private static final long AGENT_ID = hash("agent_id");
    private static final long VERB = hash("verb");
    private static final long ARGS = hash("args");
    private static final long ISSUED_AT = hash("issued_at");
    private static final long EXPIRES_AT = hash("expires_at");
    private static final long NONCE = hash("nonce");
    private static final long TIMEOUT_S = hash("timeout_s");
    private static final long ISSUED_BY = hash("issued_by");

    /** One bit for each of the nine. */
    private static final int ALL = 511;

    private Instant issuedAt = Instant.EPOCH;
    private Instant expiresAt = Instant.EPOCH;
    private int timeoutS;

    /** The times of the envelope of this command for this agent; null says nothing. */
    public @Nullable CommandTimes times(byte[] envelope, AgentId agent, CorrelationId command) {
        begin(envelope);
        return isWhole(root(agent, command))
                ? new CommandTimes(issuedAt, expiresAt, timeoutS)
                : null;
    }

    private int root(AgentId agent, CorrelationId command) {
        int at = blank(0);
        if (peek(at) != '{') {
            return UNKNOWN;
        }
        int seen = 0;
        int keys = 0;
        for (at = blank(at + 1); ; at = blank(at + 1)) {
            at = key(at, 0, keys++);
            if (at < 0) {
                return UNKNOWN;
            }
            if (isKey(CORRELATION_ID, "correlation_id")) {
                seen |= 1;
                at = word(at, command.toString());
            } else if (isKey(AGENT_ID, "agent_id")) {
                seen |= 2;
                at = word(at, agent.value());
            } else if (isKey(VERB, "verb")) {
                seen |= 4;
                at = string(at);
            } else if (isKey(ARGS, "args")) {
                seen |= 8;
                at = peek(at) == '{' ? object(at, 1) : UNKNOWN;
            } else if (isKey(ISSUED_AT, "issued_at")) {
                seen |= 16;
                at = instant(at);
                issuedAt = instant();
            } else if (isKey(EXPIRES_AT, "expires_at")) {
                seen |= 32;
                at = instant(at);
                expiresAt = instant();
            } else if (isKey(NONCE, "nonce")) {
                seen |= 64;
                at = uuid(at);
            } else if (isKey(TIMEOUT_S, "timeout_s")) {
                seen |= 128;
                at = timeout(at);
            } else if (isKey(ISSUED_BY, "issued_by")) {
                seen |= 256;
                at = string(at);
            } else {
                at = value(at, 1);
            }
            at = at < 0 ? at : blank(at);
            if (peek(at) != ',') {
                return peek(at) == '}' && seen == ALL ? at + 1 : UNKNOWN;
            }
        }
    }

    private int timeout(int from) {
        int end = count(from);
        timeoutS = 0;
        for (int at = from; at < end; at++) {
            timeoutS = timeoutS * 10 + peek(at) - '0';
        }
        return timeoutS > 0 ? end : UNKNOWN;
    }

    /** A UUID in lower case (RFC 9562, section 4). */
    private int uuid(int from) {
        int end = string(from);
        if (end - from != 38) {
            return UNKNOWN;
        }
        for (int i = 0; i < 36; i++) {
            int c = peek(from + 1 + i);
            boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
            boolean fits = dash ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            if (!fits) {
                return UNKNOWN;
            }
        }
        return end;
    }
}
