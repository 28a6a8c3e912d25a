package io.viworks.agent.process;

import io.viworks.protocol.frame.EncodedText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Keeps the beginning of one output stream, secrets masked, and passes it on as it comes. Reads the
 * rest too, so that the program does not block, and throws it away. Thread-safe: one thread reads,
 * others may ask.
 */
final class Capture {
    private static final int CHUNK_BYTES = 8 * 1024;

    /** How often it is looked whether something has come. */
    private static final Duration POLL = Duration.ofMillis(5);

    /** Chunks that are read when all is over: more than a pipe holds is from one that got away. */
    private static final int MAX_REST = 256;

    private final int maxEncodedBytes;
    private final Masking masking;
    private final Consumer<String> live;
    private final boolean onlyHead;
    private final StringBuilder kept = new StringBuilder();
    private int encodedBytes;
    private boolean truncated;
    private boolean ended;
    private int rest;

    /**
     * One stream.
     *
     * @param maxEncodedBytes most that is kept, in bytes as encoded in JSON (spec 2.6)
     * @param live told each kept piece; what it throws is its own loss
     */
    Capture(int maxEncodedBytes, Secrets secrets, Consumer<String> live) {
        this(maxEncodedBytes, secrets, live, false);
    }

    /**
     * One stream.
     *
     * @param onlyHead whether the stream is closed once as much as is kept has come; its program
     *     may end of that
     */
    Capture(int maxEncodedBytes, Secrets secrets, Consumer<String> live, boolean onlyHead) {
        this.onlyHead = onlyHead;
        this.maxEncodedBytes = maxEncodedBytes;
        this.masking = secrets.masking();
        this.live = live;
    }

    /**
     * Reads to the end of the stream, until it breaks, or until there is nothing for now and {@code
     * over} says that nothing of interest will come; then closes it. Never waits inside a read: a
     * process that got away may hold the other end open for ever. Holds the stream's monitor all
     * the time, for at the end of a process the JDK takes it, to read without any bound what a
     * child of that process still writes.
     */
    void read(InputStream in, BooleanSupplier over) {
        CharsetDecoder decoder =
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPLACE)
                        .onUnmappableCharacter(CodingErrorAction.REPLACE);
        ByteBuffer bytes = ByteBuffer.allocate(CHUNK_BYTES);
        CharBuffer chars = CharBuffer.allocate(CHUNK_BYTES + 2);
        synchronized (in) {
            try (in) {
                while (await(in, over)) {
                    int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
                    if (read < 0) {
                        break;
                    }
                    if (truncated()) {
                        bytes.clear(); // nothing of it is kept, so nothing is made of it
                        continue;
                    }
                    bytes.position(bytes.position() + read).flip();
                    decoder.decode(bytes, chars, false);
                    bytes.compact();
                    text(drain(chars));
                }
                bytes.flip();
                decoder.decode(bytes, chars, true);
                decoder.flush(chars);
                text(drain(chars));
                finish(false);
            } catch (IOException _) {
                finish(true); // the process is gone, and its pipe with it
            }
        }
    }

    /** Waits until something is there; false when nothing more is wanted. */
    private boolean await(InputStream in, BooleanSupplier over) throws IOException {
        while (!(onlyHead && truncated())) {
            boolean last = over.getAsBoolean(); // asked first: what came before is read still
            if (in.available() > 0) {
                return !last || ++rest <= MAX_REST;
            }
            if (last) {
                return false;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return false;
    }

    /** What was kept; what comes later is not. */
    synchronized String text() {
        finish(true);
        return kept.toString();
    }

    synchronized boolean truncated() {
        return truncated;
    }

    private synchronized void text(String text) {
        if (!ended && !truncated && !text.isEmpty()) {
            keep(masking.next(text));
        }
    }

    private synchronized void finish(boolean cut) {
        if (!ended && !truncated) {
            keep(masking.end(cut));
        }
        ended = true;
    }

    private void keep(String text) {
        String fitting = EncodedText.cut(text, maxEncodedBytes - encodedBytes);
        truncated = fitting.length() < text.length();
        encodedBytes += EncodedText.length(fitting);
        kept.append(fitting);
        if (!fitting.isEmpty()) {
            try {
                live.accept(fitting);
            } catch (RuntimeException _) {
                // the program's end matters more than someone watching it
            }
        }
    }

    private static String drain(CharBuffer chars) {
        String text = chars.flip().toString();
        chars.clear();
        return text;
    }
}
