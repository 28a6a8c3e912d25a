package io.viworks.backplane.stream;

import java.util.Collection;
import java.util.Set;

/**
 * Thrown by a handler for entries that cannot be judged yet, when every effect of the rest of the
 * batch is durable: the loop acknowledges the rest and goes on reading, and gives these again
 * later, alone. While more than a batch of them wait it reads nothing new.
 */
public final class NotYet extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Set<String> ids;

    /**
     * Holds these back.
     *
     * @param ids of entries of the batch in hand
     */
    public NotYet(Collection<String> ids) {
        super(ids.size() + " entries cannot be judged yet", null, false, false);
        this.ids = Set.copyOf(ids);
    }

    /** The entries to be given again. */
    public Set<String> ids() {
        return ids;
    }
}
