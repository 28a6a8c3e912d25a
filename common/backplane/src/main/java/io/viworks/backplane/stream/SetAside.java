package io.viworks.backplane.stream;

import io.viworks.protocol.Bytes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record that can never be handled, just before it moves to the dead letters.
 *
 * @param id its id in the stream
 * @param fields as they were read
 * @param record what they mean, null when they could not be read
 * @param reason whose fault it is
 * @param error what went wrong, without values from the record
 * @param deliveries how often the handler saw it alone
 */
public record SetAside<R extends StreamRecord>(
        String stream,
        String id,
        Map<String, Bytes> fields,
        @Nullable R record,
        Reason reason,
        String error,
        int deliveries) {
    public SetAside {
        fields = Map.copyOf(fields);
    }

    /** Why it was given up. */
    public enum Reason {
        /** Its fields are not a record of this stream. */
        MALFORMED,
        /** The handler failed on it alone, every time. */
        FAULT
    }
}
