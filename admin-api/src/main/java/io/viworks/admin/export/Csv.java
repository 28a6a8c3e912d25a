package io.viworks.admin.export;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows as CSV (RFC 4180): lines end in CRLF, cells with a comma, a quotation mark or a line
 * break are quoted. A text that a spreadsheet would take for a formula (one that begins with {@code
 * = + - @}, a tab or a carriage return) gets an apostrophe before it and is quoted; numbers stay
 * numbers. For one thread.
 */
public final class Csv {
    private static final String FORMULA = "=+-@\t\r";

    private final Appendable out;

    public Csv(Appendable out) {
        this.out = out;
    }

    /** Writes one line; null is an empty cell. */
    public void row(List<? extends @Nullable Object> cells) throws IOException {
        boolean first = true;
        for (Object cell : cells) {
            if (!first) {
                out.append(',');
            }
            first = false;
            switch (cell) {
                case null -> {}
                case Number number -> out.append(number.toString());
                case Boolean flag -> out.append(flag.toString());
                default -> text(cell.toString());
            }
        }
        out.append("\r\n");
    }

    private void text(String raw) throws IOException {
        String text = shown(raw);
        boolean formula = !text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0;
        if (!formula && text.chars().noneMatch(Csv::needsQuotes)) {
            out.append(text);
            return;
        }
        out.append('"');
        if (formula) {
            out.append('\'');
        }
        out.append(text.replace("\"", "\"\"")).append('"');
    }

    /** What a terminal would act on is spelled out, as in every other answer. */
    private static String shown(String text) {
        if (text.codePoints().noneMatch(Csv::isHarmful)) {
            return text;
        }
        StringBuilder shown = new StringBuilder();
        text.codePoints()
                .forEach(c -> {
                    if (isHarmful(c)) {
                        shown.append("\\u%04X".formatted(c));
                    } else {
                        shown.appendCodePoint(c);
                    }
                });
        return shown.toString();
    }

    private static boolean isHarmful(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL -> c != '\t' && c != '\n' && c != '\r';
            case Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    true;
            default -> false;
        };
    }

    private static boolean needsQuotes(int c) {
        return c == ',' || c == '"' || c == '\r' || c == '\n';
    }
}
