package io.viworks.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads Server-Sent Events (WHATWG HTML, section 9.2.6). For one thread. */
final class EventReader {
    /** Longest line in bytes. */
    static final int MAX_LINE = 4 << 20;

    private final InputStream in;
    private @Nullable String lastId;
    private boolean afterReturn;

    EventReader(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    /**
     * One event.
     *
     * @param name {@code message} when it says none
     */
    record Event(String name, String data) {}

    /** The next one; null at the end of the stream. What is cut off there was no event. */
    @Nullable Event next() throws IOException {
        String name = "";
        StringBuilder data = null;
        for (String line = line(); line != null; line = line()) {
            if (line.isEmpty()) {
                if (data != null) {
                    return new Event(name.isEmpty() ? "message" : name, data.toString());
                }
                name = "";
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            value = value.startsWith(" ") ? value.substring(1) : value;
            switch (field) {
                case "event" -> name = value;
                case "data" -> data = data == null ? new StringBuilder(value) : add(data, value);
                case "id" -> lastId = value.indexOf('\0') >= 0 ? lastId : value;
                default -> {
                    // a comment, or nothing known
                }
            }
        }
        return null;
    }

    /** Of the last event that had one, or of a sign of life behind it. */
    @Nullable String lastId() {
        return lastId;
    }

    private static StringBuilder add(StringBuilder data, String value) throws IOException {
        if (data.length() + value.length() > MAX_LINE) {
            throw new IOException("an event is longer than " + MAX_LINE + " characters");
        }
        return data.append('\n').append(value);
    }

    /** Ends with LF, CR or both. */
    private @Nullable String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            boolean secondOfTwo = afterReturn && b == '\n';
            afterReturn = b == '\r';
            if (secondOfTwo) {
                continue;
            }
            if (b == '\n' || b == '\r') {
                return line.toString(StandardCharsets.UTF_8);
            }
            if (line.size() == MAX_LINE) {
                throw new IOException("a line is longer than " + MAX_LINE + " bytes");
            }
            line.write(b);
        }
        return null;
    }
}
