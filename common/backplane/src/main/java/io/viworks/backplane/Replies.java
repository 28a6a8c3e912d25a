package io.viworks.backplane;

import io.netty.buffer.ByteBuf;

/**
 * Tells answers of Redis (RESP2) apart, and of each only whether it is an error; they may come in
 * pieces. Knows those of one value, not lists. For one thread.
 */
final class Replies {
    /** Characters kept of an error. */
    private static final int LONGEST_ERROR = 500;

    private final StringBuilder error = new StringBuilder();

    /** The first character of the line that is being read; 0 before it. */
    private int type;

    private int length;

    /** Bytes of a text still to come, its line end among them. */
    private long skip;

    /** Told of each answer, in their order. */
    interface Ear {
        void done();

        void refused(String error);
    }

    /**
     * Reads all there is.
     *
     * @throws IllegalArgumentException when it is no answer of one value
     */
    void read(ByteBuf in, Ear ear) {
        while (in.isReadable()) {
            if (skip > 0) {
                int now = (int) Math.min(skip, in.readableBytes());
                in.skipBytes(now);
                skip -= now;
                if (skip == 0) {
                    ear.done();
                }
            } else {
                line(in.readByte(), ear);
            }
        }
    }

    private void line(byte next, Ear ear) {
        if (type == 0) {
            if ("$-+:".indexOf(next) < 0) {
                throw new IllegalArgumentException("an answer begins with '" + (char) next + "'");
            }
            type = next;
            length = 0;
        } else if (next == '\n') {
            end(ear);
        } else if (type == '-') {
            if (next != '\r' && error.length() < LONGEST_ERROR) {
                error.append((char) next);
            }
        } else if (type == '$' && next >= '0' && next <= '9') {
            length = Math.min(Integer.MAX_VALUE / 11, length) * 10 + next - '0';
        } else if (type == '$' && next == '-') {
            // No text at all: no line follows.
            type = ':';
        }
    }

    private void end(Ear ear) {
        int was = type;
        type = 0;
        if (was == '$') {
            skip = length + 2L;
        } else if (was == '-') {
            String text = error.toString();
            error.setLength(0);
            ear.refused(text);
        } else {
            ear.done();
        }
    }
}
