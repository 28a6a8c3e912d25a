package io.viworks.agent.connection;

import io.viworks.protocol.Bytes;

/** One open socket to a bridge. Thread-safe; nothing here blocks. */
interface Link {
    /** Reads from the socket from now on; until then its listener is told nothing. */
    void receive();

    /** Sends one text frame after those before it. */
    void send(Bytes frame);

    /** Bytes given to {@link #send} and not yet taken by the socket. */
    long queued();

    /** Says that this is the end, after what is queued; the socket is gone soon after. */
    void close(String reason);

    /** Whether the socket is gone, from both sides. */
    boolean gone();

    /** Drops the socket; nothing is told to the listener any more. */
    void abort();

    /** Is told what a socket does, from any thread, one call at a time. */
    interface Listener {
        /**
         * A whole text frame.
         *
         * @param next to be run when it has been dealt with: the socket reads on only then
         */
        void frame(Bytes frame, Runnable next);

        /** A ping or pong: a sign of life. */
        void heard();

        /** Called once at most; nothing follows. */
        void ended(End end);
    }
}
