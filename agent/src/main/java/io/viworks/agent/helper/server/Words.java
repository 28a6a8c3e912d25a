package io.viworks.agent.helper.server;

import org.jspecify.annotations.Nullable;

/** What a text must be to stand alone on a command line, whatever program reads it. */
final class Words {
    /** Longest argument in characters. */
    static final int MAX_LENGTH = 4096;

    /** The mathematical minus, which programs that fold Unicode take for a hyphen. */
    private static final int MINUS = 0x2212;

    private Words() {}

    /**
     * Why it may not be an argument, or null: it begins like an option, or holds characters that
     * end lines or words, or that cannot be seen.
     */
    static @Nullable String problem(String text) {
        if (text.isEmpty()) {
            return "must not be empty on a command line";
        }
        if (text.length() > MAX_LENGTH) {
            return "must be at most " + MAX_LENGTH + " characters on a command line";
        }
        int first = text.codePointAt(0);
        if (Character.getType(first) == Character.DASH_PUNCTUATION || first == MINUS) {
            return "must not begin like an option";
        }
        return text.codePoints().allMatch(Words::isPlain)
                ? null
                : "must hold nothing that ends a line or cannot be seen";
    }

    private static boolean isPlain(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            default -> point != 0xFFFD; // what the codec made of something else
        };
    }
}
