package io.viworks.admin.event.live;

import io.viworks.backplane.stream.StreamRecord;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A record on its way to readers, with its form for them: made once, whoever is first.
 *
 * @param <R> the records the stream carries
 */
final class Item<R extends StreamRecord> {
    private final String id;
    private final R record;
    private volatile byte @Nullable [] shown;

    Item(String id, R record) {
        this.id = id;
        this.record = record;
    }

    String id() {
        return id;
    }

    R record() {
        return record;
    }

    /** The same for all readers. */
    byte[] shown(Function<R, byte[]> form) {
        byte[] made = shown;
        if (made == null) {
            made = form.apply(record);
            shown = made;
        }
        return made;
    }
}
