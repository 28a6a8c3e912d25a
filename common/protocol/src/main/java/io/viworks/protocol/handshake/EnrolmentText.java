package io.viworks.protocol.handshake;

import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The text an enrolment signs (spec 2.1): {@code
 * METHOD|PATH|TIMESTAMP|NONCE|AGENT_ID|hex(sha256(body))}.
 *
 * @param body the bytes as they are sent
 */
public record EnrolmentText(
        String method, String path, String timestamp, String nonce, AgentId agentId, Bytes body)
        implements SignedText {
    /** Where agents enrol. */
    public static final String PATH = "/agent/enroll";

    @Override
    public String text() {
        return String.join("|", method, path, timestamp, nonce, agentId.value(), sha256(body));
    }

    private static String sha256(Bytes bytes) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
