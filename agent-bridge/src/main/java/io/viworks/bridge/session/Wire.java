package io.viworks.bridge.session;

import io.netty.channel.EventLoop;
import io.viworks.protocol.CloseCode;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * One upgraded socket, as its session uses it. Everything but {@link #execute} is for the socket's
 * own thread, and everything it tells its {@link Ear} happens there.
 */
interface Wire extends Executor {
    /** Hears what comes in. */
    interface Ear {
        /** A whole text message. */
        void text(byte[] message);

        /** A whole binary message. */
        void binary();

        /** A ping or pong of the protocol below: a sign of life and nothing else. */
        void alive();

        /** The socket takes bytes again. */
        void writable();

        /** A message beyond even the server's own limit. */
        void tooBig();

        /** The other side says that it closes; 1005 when it gives no code. */
        void closedByPeer(int code, String reason);

        /** The socket is gone; nothing follows. */
        void gone();
    }

    /** Runs on the socket's own thread; does nothing any more when that has ended. */
    @Override
    void execute(Runnable action);

    /** The event loop of the socket's own thread. */
    EventLoop loop();

    /** Runs later on the socket's own thread, unless the socket is gone by then. */
    Timer after(Duration delay, Runnable action);

    /** Something that will happen unless it is cancelled. */
    interface Timer {
        void cancel();
    }

    /** Whether bytes written now would leave soon. */
    boolean writable();

    /**
     * Writes a text message.
     *
     * @param done told when its bytes have left this process, or never will
     */
    void write(byte[] message, Runnable done);

    void ping();

    /** Stops reading: what the other side sends waits with it. */
    void pauseReading();

    void resumeReading();

    /**
     * Says goodbye and ends the socket when the other side has answered, or does not in time; one
     * that reads nothing is cut off.
     */
    void close(CloseCode code, String reason);
}
