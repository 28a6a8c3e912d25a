package io.viworks.agent.run;

import io.viworks.protocol.frame.Envelope;
import org.jspecify.annotations.Nullable;

/**
 * A command together with what proves that an admin wants it.
 *
 * @param jws the signed envelope as it came; null when the bridge sent it unsigned
 * @param traceparent the trace the COMMAND belongs to; null when it named none
 */
public record Warrant(Envelope envelope, @Nullable String jws, @Nullable String traceparent) {
    /** Of a command nobody signed. */
    public static Warrant unsigned(Envelope envelope) {
        return new Warrant(envelope, null, null);
    }

    /** Names the command, and says nothing of its arguments. */
    @Override
    public String toString() {
        return envelope.verb() + " " + envelope.correlationId();
    }
}
