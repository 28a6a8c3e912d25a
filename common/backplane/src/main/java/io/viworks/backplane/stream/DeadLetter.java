package io.viworks.backplane.stream;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The fields of {@code <stream>.dlq}: {@code deliveries} (by the script), {@code reason, error,
 * stream, id}, and then the record's own. A field of the record that has one of these names is
 * written as {@code record.<name>}.
 */
final class DeadLetter {
    static final String DELIVERIES = "deliveries";
    static final String REASON = "reason";
    static final String ERROR = "error";
    private static final String STREAM = "stream";
    static final String ID = "id";
    private static final Set<String> OWN = Set.of(DELIVERIES, REASON, ERROR, STREAM, ID);
    private static final String PREFIX = "record.";

    /** Longest error text kept, in characters. */
    private static final int MAX_ERROR = 500;

    private DeadLetter() {}

    static Map<String, byte[]> fields(SetAside<?> letter) {
        Map<String, byte[]> fields = new LinkedHashMap<>();
        put(fields, REASON, letter.reason().name().toLowerCase(Locale.ROOT));
        put(fields, ERROR, letter.error());
        put(fields, STREAM, letter.stream());
        put(fields, ID, letter.id());
        letter.fields()
                .forEach((name, value) ->
                        fields.put(OWN.contains(name) ? PREFIX + name : name, value.array()));
        return fields;
    }

    private static void put(Map<String, byte[]> fields, String name, String text) {
        fields.put(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /** The record as it stood in its stream, to be written there again. */
    static Map<String, byte[]> original(Map<String, byte[]> letter) {
        Map<String, byte[]> fields = new LinkedHashMap<>();
        letter.forEach((name, value) -> {
            if (name.startsWith(PREFIX) && OWN.contains(name.substring(PREFIX.length()))) {
                fields.put(name.substring(PREFIX.length()), value);
            } else if (!OWN.contains(name)) {
                fields.put(name, value);
            }
        });
        return fields;
    }

    /** A field as text; empty when it is missing. */
    static String text(Map<String, byte[]> letter, String name) {
        byte[] value = letter.get(name);
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }

    /** What an exception says, shortened, with its kind; a message may be missing. */
    static String error(Throwable fault) {
        String text = fault.getClass().getSimpleName() + ": " + fault.getMessage();
        return text.length() <= MAX_ERROR ? text : text.substring(0, MAX_ERROR);
    }
}
