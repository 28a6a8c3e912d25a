package io.viworks.backplane.stream;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The entries a loop has read and not finished, for whoever keeps them. Thread-safe. */
final class InHand {
    private final Set<String> ids = new LinkedHashSet<>();

    synchronized void take(Collection<String> read) {
        ids.addAll(read);
    }

    synchronized void finish(Collection<String> done) {
        ids.removeAll(Set.copyOf(done));
    }

    /** Lets go of all; answers how many there were. */
    synchronized int leave() {
        int left = ids.size();
        ids.clear();
        return left;
    }

    synchronized List<String> ids() {
        return List.copyOf(ids);
    }

    synchronized int size() {
        return ids.size();
    }
}
