package io.viworks.service.trace;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What there is without a collector. */
enum NoTracing implements Tracing {
    INSTANCE;

    @Override
    public boolean on() {
        return false;
    }

    @Override
    public Step begin(Kind kind, String name, @Nullable String parent) {
        return parent == null ? NoStep.ALONE : new NoStep(parent);
    }

    @Override
    public Step follow(Kind kind, String name, @Nullable String parent, @Nullable Instant since) {
        return begin(kind, name, parent);
    }

    @Override
    public void close() {}
}
