package io.viworks.admin.idempotency;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.service.Pulse;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Gives up kept answers when their time is over, a bounded number at a time. Thread-safe. */
@Component
public final class OldAnswers {
    private static final Duration PAUSE = Duration.ofMinutes(1);

    /** Rows deleted in one statement. */
    static final int PIECE = 1_000;

    private final KeptAnswers answers;
    private final Counter forgotten;
    private final Pulse pulse;

    OldAnswers(KeptAnswers answers, MeterRegistry meters) {
        this.answers = answers;
        this.forgotten = meters.counter("viw.api.idempotent.forgotten");
        this.pulse = Pulse.start("idempotency", PAUSE, this::forget);
    }

    /** Whether it still works. */
    public boolean alive() {
        return pulse.alive();
    }

    private void forget() {
        int deleted;
        do {
            deleted = answers.forget(PIECE);
            forgotten.increment(deleted);
        } while (deleted == PIECE);
    }

    @PreDestroy
    void close() {
        pulse.close();
    }
}
