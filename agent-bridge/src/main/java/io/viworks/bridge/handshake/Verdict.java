package io.viworks.bridge.handshake;

import io.viworks.backplane.stream.StreamRecord.Auth;
import io.viworks.bridge.certificate.ClientCertificate;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.handshake.Refusal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a handshake came to. */
public sealed interface Verdict {
    /**
     * The agent is who it says and may have a socket.
     *
     * @param credential which of its own credentials it proved, its key before its certificate;
     *     null with the shared secret alone
     * @param certificate the one it needed, null in modes without
     * @param ip the client's address
     * @param slot to be closed when the socket is gone
     */
    record Accepted(
            AgentId agentId,
            Auth auth,
            @Nullable String credential,
            @Nullable ClientCertificate certificate,
            String ip,
            Admission.Slot slot)
            implements Verdict {}

    /**
     * No socket.
     *
     * @param detail what would be right; quotes no header
     * @param retryAfterS a spread pause in seconds, 0 for none
     * @param serverTime only with {@link Refusal#CLOCK_SKEW}
     */
    record Refused(Refusal refusal, String detail, int retryAfterS, @Nullable Instant serverTime)
            implements Verdict {
        static Refused of(Refusal refusal, String detail) {
            return new Refused(refusal, detail, 0, null);
        }
    }
}
