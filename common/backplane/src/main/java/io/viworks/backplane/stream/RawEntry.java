package io.viworks.backplane.stream;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entry as Redis gives it. Read here and not by Lettuce, whose parser (7.5.2) runs entries into
 * one another on RESP2 and drops those that were trimmed.
 *
 * @param fields empty when the entry was trimmed while it was pending
 */
record RawEntry(String id, Map<String, byte[]> fields) {
    boolean isTrimmed() {
        return fields.isEmpty();
    }

    /** The answer of XREADGROUP for one stream: null, or one pair of stream and entries. */
    static List<RawEntry> ofRead(@Nullable List<?> reply) {
        if (reply == null || reply.isEmpty() || !(reply.getFirst() instanceof List<?> stream)) {
            return List.of();
        }
        return stream.get(1) instanceof List<?> entries ? of(entries) : List.of();
    }

    /** The answer of XRANGE. */
    static List<RawEntry> of(List<?> reply) {
        List<RawEntry> entries = new ArrayList<>(reply.size());
        for (Object each : reply) {
            if (each instanceof List<?> entry) {
                entries.add(
                        new RawEntry(
                                text(entry.get(0)),
                                entry.size() > 1 && entry.get(1) instanceof List<?> pairs
                                        ? fields(pairs)
                                        : Map.of()));
            }
        }
        return entries;
    }

    private static Map<String, byte[]> fields(List<?> pairs) {
        Map<String, byte[]> fields = new LinkedHashMap<>();
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
            if (pairs.get(i + 1) instanceof byte[] value) {
                fields.put(text(pairs.get(i)), value);
            }
        }
        return fields;
    }

    private static String text(@Nullable Object value) {
        return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
    }
}
