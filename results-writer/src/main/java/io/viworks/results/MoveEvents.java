package io.viworks.results;

import io.viworks.backplane.stream.EventAppender;
import io.viworks.ledger.Moved;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Tells on {@code viw.events} which commands have moved, after the commit. Thread-safe. */
final class MoveEvents {
    private final EventAppender appender;
    private final InstantSource clock;

    MoveEvents(EventAppender appender, InstantSource clock) {
        this.appender = appender;
        this.clock = clock;
    }

    /** Never waits and never fails: whoever misses one reads the row. */
    void tell(List<Moved> moved) {
        if (!moved.isEmpty()) {
            Instant now = clock.instant();
            appender.tell(moved.stream().map(one -> one.event(now)).toList());
        }
    }
}
