package io.viworks.admin.audit;

/**
 * Text of strangers in a form that does no harm where it is shown: what a terminal, a log or a
 * table would act on (control characters, line separators, changes of direction, halves of
 * characters) is spelled out as {@code \\uXXXX}, and what is too long ends in an ellipsis.
 */
final class HarmlessText {
    private HarmlessText() {}

    /** The text in at most {@code max} characters. */
    static String of(String text, int max) {
        StringBuilder harmless = new StringBuilder();
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            String shown = isHarmful(c) ? "\\u%04x".formatted(c) : Character.toString(c);
            if (harmless.length() + shown.length() >= max) {
                return harmless.append('…').toString();
            }
            harmless.append(shown);
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
