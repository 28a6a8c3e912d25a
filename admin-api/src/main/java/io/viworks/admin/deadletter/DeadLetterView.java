package io.viworks.admin.deadletter;

import io.viworks.backplane.stream.DeadLetters.Letter;
import io.viworks.protocol.Bytes;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

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
 * @param record the record's fields; of those that may hold secrets only the length
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

    static DeadLetterView of(String stream, Letter letter) {
        Map<String, String> record = new TreeMap<>();
        letter.record().forEach((name, value) -> record.put(name, shown(name, value)));
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
}
