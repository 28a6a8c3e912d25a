package io.viworks.protocol.frame;

/**
 * The size of a text as it stands in a frame: in UTF-8 with JSON's escapes, without the quotes. The
 * limits on output count these bytes (spec 2.6), of which one character may take six.
 */
public final class EncodedText {
    private EncodedText() {}

    /** Bytes the text takes in a frame. */
    public static int length(String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i += width(text, i)) {
            bytes += bytes(text, i);
        }
        return bytes;
    }

    /**
     * The longest beginning of the text that takes at most so many bytes in a frame: the text
     * itself when all of it fits. No character is cut in two.
     */
    public static String cut(String text, int maxBytes) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i += width(text, i)) {
            bytes += bytes(text, i);
            if (bytes > maxBytes) {
                return text.substring(0, i);
            }
        }
        return text;
    }

    private static int bytes(String text, int at) {
        int c = text.codePointAt(at);
        if (c < 0x80) {
            return switch (c) {
                case 0 -> 3; // written as U+FFFD
                case '"', '\\', '\b', '\t', '\n', '\f', '\r' -> 2;
                default -> c < 0x20 ? 6 : 1;
            };
        }
        if (c < 0x800) {
            return 2;
        }
        return c < 0x10000 ? 3 : 4;
    }

    private static int width(String text, int at) {
        return Character.charCount(text.codePointAt(at));
    }
}
