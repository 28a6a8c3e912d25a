package io.viworks.backplane;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * A connection for bulk: requests are bytes, of an answer only whether it is an error is wanted,
 * and all happens on one event loop, that of who writes. Lettuce dials it, logs in and says when it
 * is lost; then it hands the channel over and knows nothing of what goes through. Dialled again for
 * ever, within a second.
 */
public final class Pipe implements AutoCloseable {
    private final Dialler dialler;
    private final SharedLink link;

    private Pipe(Dialler dialler, SharedLink link) {
        this.dialler = dialler;
        this.link = link;
    }

    /** Hears of the connection, always on its event loop; but {@link #silentFor} is for any. */
    public interface Ear {
        /** It stands, and nothing is on its way. */
        void opened(Line line);

        /** The oldest unanswered request is done, or refused. */
        void answered(@Nullable RuntimeException refusal);

        /** No more answers have come just now. */
        void answersEnd();

        /** It is gone; nobody knows of what was not answered. Another may have been opened. */
        void lost(Line line);

        /** For how many nanoseconds Redis owes an answer; 0 when it owes none. */
        long silentFor();
    }

    /** The way out, while the connection stands. For its event loop. */
    public interface Line {
        /** Takes the bytes, of whole requests; they leave by {@link #flush}. */
        void write(ByteBuf requests);

        void flush();

        /** Ends the connection, for it is of no use. */
        void close();
    }

    /** Starts to dial, and waits for nothing. */
    static Pipe open(Dialler shared, EventLoop loop, Ear ear) {
        Dialler dialler = shared.handingOver(loop);
        SharedLink link =
                new SharedLink(
                        dialler,
                        SharedLink.UNTIMED,
                        "records",
                        _ -> ear.silentFor() < SharedLink.LONGEST_SILENCE.toNanos(),
                        connection -> Handover.of(connection, ear));
        link.start();
        return new Pipe(dialler, link);
    }

    @Override
    public void close() {
        link.close();
        dialler.close();
    }
}
