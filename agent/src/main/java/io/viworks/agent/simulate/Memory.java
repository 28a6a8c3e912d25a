package io.viworks.agent.simulate;

import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.frame.AgentFrame.JobState;
import io.viworks.protocol.frame.AgentFrame.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A journal in memory: it lasts as long as the instance that the agent names in its HELLO, and that
 * is new with every process. Not thread-safe.
 */
final class Memory {
    /** How long an entry stays behind its latest start (spec 6). */
    private static final Duration KEPT = Duration.ofMinutes(10);

    private final Map<CorrelationId, Entry> entries = new LinkedHashMap<>();

    /** What is known of one command. */
    static final class Entry {
        private final Instant expiresAt;
        private @Nullable Result result;
        private boolean confirmed;
        private boolean refused;

        private Entry(Instant expiresAt) {
            this.expiresAt = expiresAt;
        }

        @Nullable Result result() {
            return result;
        }

        boolean refused() {
            return refused;
        }

        JobState state() {
            return result == null ? JobState.RUNNING : JobState.FINISHED;
        }
    }

    @Nullable Entry find(CorrelationId id) {
        return entries.get(id);
    }

    /** Remembers a command that has been taken. */
    Entry taken(CorrelationId id, Instant expiresAt, Instant now) {
        entries.values().removeIf(entry -> entry.expiresAt.plus(KEPT).isBefore(now));
        Entry entry = new Entry(expiresAt);
        entries.put(id, entry);
        return entry;
    }

    /** Remembers never to run it. */
    void refused(CorrelationId id, Instant expiresAt, Instant now) {
        taken(id, expiresAt, now).refused = true;
    }

    void finished(Result result) {
        Entry entry = entries.get(result.correlationId());
        if (entry != null) {
            entry.result = result;
        }
    }

    /** Whether it was not confirmed before. */
    boolean confirmed(CorrelationId id) {
        Entry entry = entries.get(id);
        if (entry == null || entry.confirmed) {
            return false;
        }
        entry.confirmed = true;
        return true;
    }

    /** Results that no bridge has confirmed. */
    List<Result> unconfirmed() {
        List<Result> results = new ArrayList<>();
        for (Entry entry : entries.values()) {
            if (entry.result != null && !entry.confirmed) {
                results.add(entry.result);
            }
        }
        return results;
    }
}
