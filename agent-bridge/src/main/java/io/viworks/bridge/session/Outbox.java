package io.viworks.bridge.session;

import io.viworks.bridge.limit.ByteBudget;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * What waits to leave by one socket, bounded in frames and bytes, and in bytes for the whole
 * process. A frame counts until its bytes have left this process. For the socket's own thread.
 */
final class Outbox {
    private final Wire wire;
    private final int maxFrames;
    private final long maxBytes;
    private final ByteBudget process;
    private final Queue<byte[]> waiting = new ArrayDeque<>();
    private int frames;
    private long bytes;

    Outbox(Wire wire, int maxFrames, long maxBytes, ByteBudget process) {
        this.wire = wire;
        this.maxFrames = maxFrames;
        this.maxBytes = maxBytes;
        this.process = process;
    }

    /** Whether a frame of this size would be taken now. */
    boolean hasRoom(int size) {
        return frames < maxFrames && bytes + size <= maxBytes && process.fits(size);
    }

    /** Takes a frame; false when there is no room, and then nothing has changed. */
    boolean offer(byte[] frame) {
        if (frames >= maxFrames || bytes + frame.length > maxBytes) {
            return false;
        }
        if (!process.tryTake(frame.length)) {
            return false;
        }
        frames++;
        bytes += frame.length;
        waiting.add(frame);
        drain();
        return true;
    }

    /** Writes while the socket takes bytes. */
    void drain() {
        while (wire.writable() && !waiting.isEmpty()) {
            write(waiting.remove());
        }
    }

    /** Writes everything, for the end: nothing is offered after it. */
    void flush() {
        while (!waiting.isEmpty()) {
            write(waiting.remove());
        }
    }

    /** Forgets what has not been written. */
    void clear() {
        while (!waiting.isEmpty()) {
            given(waiting.remove().length);
        }
    }

    private void write(byte[] frame) {
        wire.write(frame, () -> given(frame.length));
    }

    private void given(int size) {
        frames--;
        bytes -= size;
        process.give(size);
    }

    /** Frames waiting or on their way through the socket. */
    int frames() {
        return frames;
    }

    long bytes() {
        return bytes;
    }
}
