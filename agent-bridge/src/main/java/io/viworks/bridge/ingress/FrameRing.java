package io.viworks.bridge.ingress;

import io.viworks.protocol.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * The latest frames of one agent, their bytes one after the other in one array that the oldest make
 * room in. Frames are copied into it: each would otherwise outlive many collections of the garbage
 * and be moved by all of them, while every command waits. Not thread-safe.
 */
final class FrameRing {
    private final int[] lengths;
    private byte[] ring = {};
    private int oldest;
    private int frames;
    private int begin;
    private int bytes;

    /**
     * Empty.
     *
     * @param most frames kept
     */
    FrameRing(int most) {
        this.lengths = new int[most];
    }

    /**
     * Adds a frame and forgets the oldest that are too many; the one that is added stays.
     *
     * @param most bytes of all
     */
    void add(byte[] frame, long most) {
        while (frames == lengths.length || (frames > 0 && bytes + (long) frame.length > most)) {
            forgetOldest();
        }
        makeRoom(frame.length, most);
        int end = wrapped(begin + bytes);
        int first = Math.min(frame.length, ring.length - end);
        System.arraycopy(frame, 0, ring, end, first);
        System.arraycopy(frame, first, ring, 0, frame.length - first);
        lengths[(oldest + frames) % lengths.length] = frame.length;
        frames++;
        bytes += frame.length;
    }

    private void forgetOldest() {
        int length = lengths[oldest];
        begin = wrapped(begin + length);
        oldest = (oldest + 1) % lengths.length;
        frames--;
        bytes -= length;
    }

    /** Grows by a quarter at least, and shrinks when what is allowed has become much less. */
    private void makeRoom(int length, long most) {
        int needed = bytes + length;
        boolean tooLarge = ring.length / 2 > Math.max(most, needed);
        if (needed > ring.length || tooLarge) {
            long grown = tooLarge ? needed : Math.max(needed, ring.length + ring.length / 4);
            byte[] next = new byte[(int) Math.max(needed, Math.min(grown, most))];
            copy(begin, bytes, next);
            ring = next;
            begin = 0;
        }
    }

    private void copy(int from, int length, byte[] to) {
        int first = Math.min(length, ring.length - from);
        System.arraycopy(ring, from, to, 0, first);
        System.arraycopy(ring, 0, to, first, length - first);
    }

    private int wrapped(int at) {
        return at < ring.length ? at : at - ring.length;
    }

    /** Copies of the frames, oldest first. */
    List<Bytes> frames() {
        List<Bytes> all = new ArrayList<>(frames);
        int at = begin;
        for (int i = 0; i < frames; i++) {
            byte[] frame = new byte[lengths[(oldest + i) % lengths.length]];
            copy(at, frame.length, frame);
            all.add(Bytes.of(frame));
            at = wrapped(at + frame.length);
        }
        return all;
    }

    /** Bytes of the frames; the array has up to a quarter more. */
    int bytes() {
        return bytes;
    }
}
