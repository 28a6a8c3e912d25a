package io.viworks.agent.identity;

import io.viworks.agent.http.Refused;
import io.viworks.protocol.handshake.Refusal;
import org.jspecify.annotations.Nullable;

/** Why the server did not take a key, or could not be asked. */
public final class NotEnrolled extends Exception {
    private final transient @Nullable Refused answer;

    NotEnrolled(String what) {
        super(what);
        this.answer = null;
    }

    NotEnrolled(Refused answer) {
        super(
                answer.status() == Refused.PROXY_WANTS_CREDENTIALS
                        ? Refused.PROXY_ADVICE
                        : "the server answers %d %s".formatted(answer.status(), answer.code()));
        this.answer = answer;
    }

    /** Whether the server knows this very key and will never take it. */
    boolean wantsAnotherKey() {
        return answer != null
                && ("key_in_use".equals(answer.code())
                        || Refusal.REVOKED.code().equals(answer.code()));
    }

    /** Whether the server does not accept the key that vouched. */
    boolean wantsAnotherSigner() {
        return answer != null && Refusal.BAD_SIGNATURE.code().equals(answer.code());
    }

    /** What the server said; null when it said nothing that can be used. */
    public @Nullable Refused answer() {
        return answer;
    }
}
