package io.viworks.service.trace;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A step that nobody takes down. */
record NoStep(@Nullable String traceparent) implements Step {
    static final NoStep ALONE = new NoStep(null);

    @Override
    public Step note(String key, String value) {
        return this;
    }

    @Override
    public Step note(String key, long value) {
        return this;
    }

    @Override
    public Step failed(String why) {
        return this;
    }

    @Override
    public void end() {}

    @Override
    public void end(Instant at) {}
}
