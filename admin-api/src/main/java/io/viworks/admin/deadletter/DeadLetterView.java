package io.viworks.admin.deadletter;

import io.viworks.backplane.stream.DeadLetters.Letter;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Redaction;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A dead letter as a person sees it.
 *
 * @param id names it within its stream
 * @param stream where its record stood
 * @param entryId the record's id there
 * @param setAsideAt when it was given up, by Redis's clock
 * @param reason {@code malformed} or {@code fault}
 * @param error what went wrong
 * @param deliveries how often its handler saw it
 * @param record the record's fields; of those that may hold secrets only the length, unless one
 *     letter was asked for: then their text without what looks like a secret
 */
record DeadLetterView(
        String id,
        String stream,
        String entryId,
        Instant setAsideAt,
        String reason,
        String error,
        long deliveries,
        Map<String, String> record) {
    /** What was said by agents and callers: outputs and arguments, before any redaction. */
    private static final Set<String> WITHHELD =
            Set.of("frame", "envelope", "sealed", "jws", "params");

    /** Longest value shown, in characters. */
    private static final int MAX_VALUE = 300;

    /** Longest value shown of one letter, in characters. */
    private static final int MAX_WHOLE = 64 * 1024;

    /** Secrets nobody can read, or that no pattern would find. */
    private static final Set<String> NEVER = Set.of("sealed", "jws");

    private static final Redaction REDACTION = new Redaction();
    private static final JsonMapper JSON = new JsonMapper();

    /** In a list. */
    static DeadLetterView of(String stream, Letter letter) {
        return of(stream, letter, DeadLetterView::shown);
    }

    /** By itself, with its body, which has passed the patterns (spec 4). */
    static DeadLetterView whole(String stream, Letter letter) {
        return of(stream, letter, DeadLetterView::whole);
    }

    private static DeadLetterView of(
            String stream, Letter letter, BiFunction<String, Bytes, String> shown) {
        Map<String, String> record = new TreeMap<>();
        letter.record().forEach((name, value) -> record.put(name, shown.apply(name, value)));
        return new DeadLetterView(
                letter.id(),
                stream,
                letter.entryId(),
                Instant.ofEpochMilli(
                        Long.parseLong(letter.id().substring(0, letter.id().indexOf('-')))),
                letter.reason(),
                letter.error(),
                letter.deliveries(),
                record);
    }

    private static String shown(String name, Bytes value) {
        if (WITHHELD.contains(name)) {
            return value.length() + " bytes, not shown: they may hold secrets";
        }
        String text = value.utf8();
        return text.length() <= MAX_VALUE ? text : text.substring(0, MAX_VALUE) + "…";
    }

    private static String whole(String name, Bytes value) {
        if (NEVER.contains(name)) {
            return shown(name, value);
        }
        String clean = clean(value.utf8());
        return clean.length() <= MAX_WHOLE ? clean : clean.substring(0, MAX_WHOLE) + "…";
    }

    /** JSON is cleaned by its members' names as well; what is no JSON, as text. */
    private static String clean(String text) {
        try {
            if (JSON.readTree(text) instanceof ObjectNode object) {
                return String.valueOf(REDACTION.of(object));
            }
        } catch (JacksonException e) {
            // As text.
        }
        return String.valueOf(REDACTION.of(text));
    }
}
