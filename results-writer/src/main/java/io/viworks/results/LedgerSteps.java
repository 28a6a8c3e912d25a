package io.viworks.results;

import io.viworks.ledger.Moves;
import io.viworks.ledger.Traces;
import io.viworks.protocol.CorrelationId;
import io.viworks.service.trace.CommandSteps;
import io.viworks.service.trace.Tracing;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Takes down what was written of commands, under the traces their rows name: one more read of
 * Postgres for a batch, and only while there is a collector. Thread-safe.
 */
final class LedgerSteps {
    private static final Logger log = LoggerFactory.getLogger(LedgerSteps.class);

    private final Tracing tracing;
    private final Traces traces;

    LedgerSteps(Tracing tracing, Traces traces) {
        this.tracing = tracing;
        this.traces = traces;
    }

    /** A batch that was committed between these instants. Never fails. */
    void wrote(Collection<Moves.Change> moved, Instant since, Instant until) {
        if (!tracing.on() || moved.isEmpty()) {
            return;
        }
        Set<CorrelationId> ids =
                moved.stream()
                        .map(change -> change.moved().correlationId())
                        .collect(Collectors.toSet());
        Map<CorrelationId, String> known;
        try {
            known = traces.of(ids);
        } catch (DataAccessException | TransactionException away) {
            log.debug("a batch is in no trace", away);
            return;
        }
        for (Moves.Change change : moved) {
            CommandSteps.of(
                            tracing,
                            Tracing.Kind.CONSUMER,
                            "ledger",
                            known.get(change.moved().correlationId()),
                            change.moved().agentId(),
                            change.moved().correlationId(),
                            since)
                    .note("viw.state", change.moved().state().name())
                    .note("viw.attempt", change.moved().attempt())
                    .end(until);
        }
    }
}
