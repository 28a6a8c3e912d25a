package io.viworks.agent.connection;

import java.util.concurrent.CompletionStage;

/** Opens sockets to a bridge. Thread-safe. */
interface Dialler extends AutoCloseable {
    /**
     * One attempt. A stage that fails carries the reason as {@link NoLink}.
     *
     * @param listener of the socket, should there be one
     */
    CompletionStage<Link> dial(Link.Listener listener);

    /** Told that the link of the last dial is welcome: what it proved with is good. */
    void welcomed();

    /** Drops what is being dialled. */
    @Override
    void close();

    /** Why there is no socket. */
    final class NoLink extends Exception {
        private final transient End end;
        private final boolean tls;

        NoLink(End end) {
            this(end, false);
        }

        NoLink(End end, boolean tls) {
            super(end.toString());
            this.end = end;
            this.tls = tls;
        }

        /** Whether TLS failed: either side may not have liked the other's certificate. */
        boolean isTls() {
            return tls;
        }

        End end() {
            return end;
        }
    }
}
