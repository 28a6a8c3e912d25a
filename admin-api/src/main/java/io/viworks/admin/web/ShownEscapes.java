package io.viworks.admin.web;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.SerializableString;
import tools.jackson.core.io.CharacterEscapes;
import tools.jackson.core.io.SerializedString;

/**
 * Writes as an escape, in every string of an answer, what a terminal or a line-wise tool would act
 * on: DEL and the C1 controls, line separators, changes of direction. JSON itself escapes the
 * controls below 0x20 only. The value stays the same. Thread-safe.
 */
final class ShownEscapes extends CharacterEscapes {
    private static final long serialVersionUID = 1;

    private final int[] ascii;

    ShownEscapes() {
        ascii = CharacterEscapes.standardAsciiEscapesForJSON();
        ascii[0x7f] = CharacterEscapes.ESCAPE_STANDARD;
    }

    @Override
    public int[] getEscapeCodesForAscii() {
        return ascii.clone();
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    new SerializedString("\\u%04X".formatted(c));
            default -> null;
        };
    }
}
