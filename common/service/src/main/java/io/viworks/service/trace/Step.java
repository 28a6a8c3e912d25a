package io.viworks.service.trace;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A step that goes on. One thread at a time; ended once. */
public interface Step {
    /** One of no trace. */
    static Step none() {
        return NoStep.ALONE;
    }

    /** What later steps are caused by; null when nothing is taken down. */
    @Nullable String traceparent();

    /** Says something about it. */
    Step note(String key, String value);

    /** Says how much of something there was. */
    Step note(String key, long value);

    /** Says that it failed, and why in a word. */
    Step failed(String why);

    void end();

    /** It was over then. */
    void end(Instant at);
}
