package io.viworks.agent.helper;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/** Takes lines out of a channel, none longer than a bound. Not thread-safe. */
public final class LineReader {
    private final ReadableByteChannel in;
    private final int maxBytes;
    private final ByteBuffer buffer = ByteBuffer.allocate(8 * 1024).flip();

    /**
     * Reads from a channel.
     *
     * @param maxBytes of a line without its end
     */
    public LineReader(ReadableByteChannel in, int maxBytes) {
        this.in = in;
        this.maxBytes = maxBytes;
    }

    /**
     * The next line without its end; null when the channel ended before one was whole.
     *
     * @throws TooLong when it is longer than the bound; what is left of it was not read
     */
    public byte @Nullable [] next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next == '\n') {
                    return line.toByteArray();
                }
                if (line.size() == maxBytes) {
                    throw new TooLong(maxBytes);
                }
                line.write(next);
            }
            buffer.clear();
            int read = in.read(buffer);
            buffer.flip();
            if (read < 0) {
                return null;
            }
        }
    }

    /** Whether more than the lines asked for has come already. */
    public boolean hasMore() {
        return buffer.hasRemaining();
    }

    /** A line longer than the bound. */
    public static final class TooLong extends IOException {
        private static final long serialVersionUID = 1L;

        TooLong(int maxBytes) {
            super("a line must be at most " + maxBytes + " bytes");
        }
    }
}
