package io.viworks.backplane.stream;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Writes requests as Redis reads them: an array of bulk strings (RESP2). */
final class Resp {
    private static final int LINE_END = '\r' << 8 | '\n';

    private Resp() {}

    static void array(ByteBuf out, int words) {
        line(out, '*', words);
    }

    static void word(ByteBuf out, byte[] bytes) {
        line(out, '$', bytes.length);
        out.writeBytes(bytes).writeShort(LINE_END);
    }

    static void word(ByteBuf out, String text) {
        word(out, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A number that is not negative, as its digits. */
    static void word(ByteBuf out, long number) {
        line(out, '$', digits(number));
        number(out, number);
        out.writeShort(LINE_END);
    }

    private static void line(ByteBuf out, char type, int number) {
        out.writeByte(type);
        number(out, number);
        out.writeShort(LINE_END);
    }

    private static int digits(long number) {
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        return digits;
    }

    private static void number(ByteBuf out, long number) {
        if (number >= 10) {
            number(out, number / 10);
        }
        out.writeByte((int) ('0' + number % 10));
    }
}
