package io.viworks.backplane.stream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Entries a handler could not judge yet, until they are given to it again. For one thread; any may
 * ask how many there are.
 */
final class HeldBack<R extends StreamRecord> {
    /** Before they are given again. */
    static final Duration PAUSE = Duration.ofMillis(200);

    private final Map<String, Item<R>> items = new LinkedHashMap<>();
    private long dueAt;
    private volatile int size;

    void add(List<Item<R>> held) {
        held.forEach(item -> items.put(item.id(), item));
        size = items.size();
        dueAt = System.nanoTime() + PAUSE.toNanos();
    }

    /** Whether this entry is held: reading what is pending finds it again. */
    boolean has(String id) {
        return items.containsKey(id);
    }

    int size() {
        return size;
    }

    boolean isDue() {
        return !items.isEmpty() && System.nanoTime() - dueAt >= 0;
    }

    /** All of them, held no more. */
    List<Item<R>> take() {
        List<Item<R>> taken = new ArrayList<>(items.values());
        items.clear();
        size = 0;
        return taken;
    }
}
