package io.viworks.backplane.stream;

import java.util.Map;

/** An entry in hand, with its fields for the case that it must be set aside. */
record Item<R extends StreamRecord>(Entry<R> entry, Map<String, byte[]> fields) {
    String id() {
        return entry.id();
    }
}
