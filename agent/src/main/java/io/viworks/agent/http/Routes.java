package io.viworks.agent.http;

import java.io.IOException;

/** Finds the way anew for each request, for files it depends on may change. Thread-safe. */
@FunctionalInterface
public interface Routes {
    /**
     * The way as it is now.
     *
     * @throws IOException when something of it cannot be read
     */
    Route route() throws IOException;
}
