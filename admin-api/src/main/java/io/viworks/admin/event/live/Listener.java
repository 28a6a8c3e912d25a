package io.viworks.admin.event.live;

import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.admin.web.Callers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Whoever listens to a stream, and whether he still may: his token is looked at again and again. As
 * tokens themselves are read every 3 s, a revoked one ends its streams within {@link #EVERY} and
 * that. For one thread.
 */
final class Listener {
    /** Between two looks. */
    static final Duration EVERY = Duration.ofSeconds(3);

    /** How long a token is believed that cannot be judged. */
    private static final Duration MAX_DOUBT = Duration.ofMinutes(5);

    private final Callers callers;
    private final Caller caller;
    private final String authorization;
    private final InstantSource clock;
    private Instant lookedAt;
    private Instant knownAt;

    Listener(Callers callers, Caller caller, String authorization, InstantSource clock) {
        this.callers = callers;
        this.caller = caller;
        this.authorization = authorization;
        this.clock = clock;
        this.lookedAt = clock.instant();
        this.knownAt = lookedAt;
    }

    Caller caller() {
        return caller;
    }

    /** Whether he may go on: the same rights as when he came. */
    boolean mayListen() {
        Instant now = clock.instant();
        if (now.isBefore(lookedAt.plus(EVERY))) {
            return true;
        }
        lookedAt = now;
        try {
            Optional<Caller> still = callers.now(authorization);
            knownAt = now;
            return still.filter(caller::equals).isPresent();
        } catch (Refusal | DataAccessException | TransactionException unknown) {
            return now.isBefore(knownAt.plus(MAX_DOUBT));
        }
    }
}
