package io.viworks.protocol.handshake;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Limits;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.Uuids;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The headers of one handshake, read and found well-formed: row 1 of the table of spec 2.1. Nothing
 * in it is proved yet.
 */
public record HandshakeRequest(
        AgentId agentId, Instant timestamp, UUID nonce, HandshakeText text, Proof proof) {
    private static final int MAX_TIMESTAMP_LENGTH = 35;
    private static final int ED25519_SIGNATURE_BYTES = 64;
    private static final int MAX_SIGNATURE_LENGTH = 88;
    private static final Pattern MAC = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern KEY_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");

    /** What the agent offers to prove that it is the one it says. */
    public sealed interface Proof {
        /** The MAC with the shared secret, as in {@code X-Agent-Auth}. */
        record SharedSecret(String mac) implements Proof {}

        /** The signature with the agent's own key. */
        record OwnKey(String keyId, Bytes signature) implements Proof {}

        /** No proof at all: enough only where a certificate, or nobody, asks for more. */
        record Absent() implements Proof {}
    }

    /**
     * Reads the headers.
     *
     * @param path the request's path without query
     * @param headers all values of a header by its name, in any case; empty when it was not sent
     * @throws HandshakeRefused with {@link Refusal#BAD_HANDSHAKE} for the first header that is
     *     missing, stands twice, or has another form
     */
    public static HandshakeRequest parse(
            String method, String path, Function<String, List<String>> headers)
            throws HandshakeRefused {
        requireSubprotocol(headers.apply(HandshakeHeaders.SUBPROTOCOL_HEADER));
        AgentId agentId = agentId(required(HandshakeHeaders.AGENT_ID, headers));
        String timestamp = required(HandshakeHeaders.TIMESTAMP, headers);
        String nonce = required(HandshakeHeaders.NONCE, headers);
        return new HandshakeRequest(
                agentId,
                timestamp(timestamp),
                nonce(nonce),
                new HandshakeText(method, path, timestamp, nonce, agentId),
                proof(headers));
    }

    /** How far the agent's clock is ahead of this one; negative when it is behind. */
    public Duration skew(Instant now) {
        return Duration.between(now, timestamp);
    }

    /** Whether the agent's clock is within {@link Limits#CLOCK_WINDOW} of this one. */
    public boolean isFresh(Instant now) {
        return skew(now).abs().compareTo(Limits.CLOCK_WINDOW) <= 0;
    }

    private static void requireSubprotocol(List<String> offers) throws HandshakeRefused {
        for (String offer : offers) {
            for (String name : offer.split(",", -1)) {
                if (name.strip().equals(HandshakeHeaders.SUBPROTOCOL)) {
                    return;
                }
            }
        }
        throw wrong(HandshakeHeaders.SUBPROTOCOL_HEADER, "offer " + HandshakeHeaders.SUBPROTOCOL);
    }

    private static AgentId agentId(String text) throws HandshakeRefused {
        try {
            return AgentId.of(text);
        } catch (IllegalArgumentException e) {
            throw wrong(HandshakeHeaders.AGENT_ID, "match [A-Za-z0-9][A-Za-z0-9._-]{0,63}");
        }
    }

    private static Instant timestamp(String text) throws HandshakeRefused {
        try {
            if (text.length() <= MAX_TIMESTAMP_LENGTH) {
                return Rfc3339.parse(text);
            }
        } catch (DateTimeParseException e) {
            // Answered below, like one that is too long.
        }
        throw wrong(HandshakeHeaders.TIMESTAMP, "be an RFC 3339 instant in UTC");
    }

    private static UUID nonce(String text) throws HandshakeRefused {
        try {
            UUID nonce = Uuids.parse(HandshakeHeaders.NONCE, text);
            if (nonce.version() == 4 && nonce.variant() == 2) {
                return nonce;
            }
        } catch (IllegalArgumentException e) {
            // Answered below, like one of another version.
        }
        throw wrong(HandshakeHeaders.NONCE, "be a lower-case UUIDv4");
    }

    private static Proof proof(Function<String, List<String>> headers) throws HandshakeRefused {
        String mac = optional(HandshakeHeaders.AUTH, headers);
        String signature = optional(HandshakeHeaders.SIGNATURE, headers);
        String keyId = optional(HandshakeHeaders.KEY_ID, headers);
        if (mac != null && (signature != null || keyId != null)) {
            throw wrong(HandshakeHeaders.AUTH, "stand alone, or be left out for a signature");
        }
        if (mac != null) {
            if (!MAC.matcher(mac).matches()) {
                throw wrong(HandshakeHeaders.AUTH, "be 64 lower-case hex digits");
            }
            return new Proof.SharedSecret(mac);
        }
        if (signature == null && keyId == null) {
            return new Proof.Absent();
        }
        if (signature == null || keyId == null) {
            throw wrong(HandshakeHeaders.SIGNATURE, "stand beside " + HandshakeHeaders.KEY_ID);
        }
        if (!KEY_ID.matcher(keyId).matches()) {
            throw wrong(HandshakeHeaders.KEY_ID, "match " + KEY_ID.pattern());
        }
        return new Proof.OwnKey(keyId, signature(signature));
    }

    private static Bytes signature(String text) throws HandshakeRefused {
        try {
            if (text.length() <= MAX_SIGNATURE_LENGTH) {
                byte[] signature = Base64.getDecoder().decode(text);
                if (signature.length == ED25519_SIGNATURE_BYTES) {
                    return Bytes.of(signature);
                }
            }
        } catch (IllegalArgumentException e) {
            // Answered below, like one of another length.
        }
        throw wrong(HandshakeHeaders.SIGNATURE, "be 64 bytes in base64");
    }

    private static String required(String name, Function<String, List<String>> headers)
            throws HandshakeRefused {
        String value = optional(name, headers);
        if (value == null) {
            throw wrong(name, "be sent");
        }
        return value;
    }

    private static @Nullable String optional(String name, Function<String, List<String>> headers)
            throws HandshakeRefused {
        List<String> values = headers.apply(name);
        if (values.size() > 1) {
            throw wrong(name, "stand once");
        }
        return values.isEmpty() ? null : values.getFirst();
    }

    private static HandshakeRefused wrong(String header, String rule) {
        return new HandshakeRefused(Refusal.BAD_HANDSHAKE, header + " must " + rule);
    }
}
