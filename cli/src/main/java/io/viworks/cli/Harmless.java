package io.viworks.cli;

/**
 * Text of strangers in a form that a terminal only shows: what it would act on (control characters,
 * line separators, changes of direction, halves of characters) is spelled out as {@code \\uXXXX}.
 */
final class Harmless {
    private Harmless() {}

    /** In one line. */
    static String cell(String text) {
        return escaped(text, "");
    }

    /** Lines and tabs stay. */
    static String lines(String text) {
        return escaped(text.replace("\r\n", "\n"), "\n\t");
    }

    /** JSON that means the same. */
    static String json(String json) {
        return escaped(json.replace("\r\n", "\n"), "\n");
    }

    private static String escaped(String text, String kept) {
        StringBuilder harmless = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (kept.indexOf(c) >= 0 || !isHarmful(c)) {
                harmless.appendCodePoint(c);
                continue;
            }
            for (char unit : Character.toChars(c)) {
                harmless.append("\\u%04x".formatted((int) unit));
            }
        }
        return harmless.toString();
    }

    private static boolean isHarmful(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE ->
                    true;
            default -> false;
        };
    }
}
