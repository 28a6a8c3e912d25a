package io.viworks.agent.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One entry of the journal (systemd.journal-fields(7)).
 *
 * @param cursor names its place
 * @param text one line for people, whatever the program has written: what would begin another line,
 *     move a cursor or turn the direction of the text is spelled out
 */
public record JournalLine(String cursor, String text) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Longest text in characters; journalctl leaves out values over 4 096 bytes. */
    private static final int MAX_TEXT = 8 * 1024;

    /** Reads a line of {@code journalctl --output=json}. */
    static JournalLine parse(String line) throws IOException {
        JsonNode entry;
        try {
            entry = JSON.readTree(line);
        } catch (JacksonException e) {
            throw new IOException("journalctl's answer is not JSON", e);
        }
        String cursor = entry.path("__CURSOR").asString("");
        if (cursor.isEmpty()) {
            throw new IOException("journalctl's answer has no __CURSOR");
        }
        String pid = text(entry.path("_PID"));
        String program = text(entry.path("SYSLOG_IDENTIFIER"));
        JsonNode message = entry.path("MESSAGE");
        String words =
                message.isNull() ? "(a message too long to show: over 4096 bytes)" : text(message);
        String whole =
                instant(text(entry.path("__REALTIME_TIMESTAMP")))
                        + " "
                        + program
                        + (pid.isEmpty() ? "" : "[" + pid + "]")
                        + ": "
                        + words;
        return new JournalLine(cursor, oneLine(whole));
    }

    /** A text; a list of bytes when it is none; a list of texts when there are several. */
    private static String text(JsonNode value) {
        if (!value.isArray()) {
            return value.asString("");
        }
        if (!value.path(0).isNumber()) {
            return text(value.path(0));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        value.forEach(element -> bytes.write(element.asInt(0)));
        return bytes.toString(UTF_8);
    }

    private static String instant(String microseconds) {
        try {
            return Instant.EPOCH.plus(Long.parseLong(microseconds), ChronoUnit.MICROS).toString();
        } catch (NumberFormatException | DateTimeException | ArithmeticException _) {
            return "-";
        }
    }

    static String oneLine(String text) {
        StringBuilder line = new StringBuilder();
        text.codePoints()
                .limit(MAX_TEXT)
                .forEach(character -> {
                    switch (character) {
                        case '\n' -> line.append("\\n");
                        case '\r' -> line.append("\\r");
                        case '\t' -> line.append('\t');
                        default -> {
                            if (isHarmful(character)) {
                                line.append("\\u").append("%04x".formatted(character));
                            } else {
                                line.appendCodePoint(character);
                            }
                        }
                    }
                });
        return line.toString();
    }

    /** Controls, marks that turn the direction of text, and separators of lines. */
    private static boolean isHarmful(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    true;
            default -> false;
        };
    }
}
