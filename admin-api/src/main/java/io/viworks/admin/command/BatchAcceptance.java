package io.viworks.admin.command;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.command.Batches.Batch;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.admin.verb.ArgumentCheck;
import io.viworks.ledger.Delivery;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.verb.Verb;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Takes the same command for many gateways (spec 5), in pieces of {@link #PIECE}. Each piece is one
 * transaction: what is in the ledger is accepted, whatever happens next, and the request sent again
 * under its key finishes the rest. Thread-safe.
 */
@Component
final class BatchAcceptance {
    /** Gateways whose locks are held at a time. */
    static final int PIECE = 200;

    /** When a request that is being worked on may be done. */
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(BatchAcceptance.class);

    private final CommandRates rates;
    private final ArgumentCheck arguments;
    private final ChosenGateways gateways;
    private final Batches batches;
    private final BatchPiece pieces;
    private final CommandDraft draft;
    private final AuditLog audit;
    private final TransactionTemplate transaction;
    private final Supplier<UUID> ids;
    private final MeterRegistry meters;

    BatchAcceptance(
            CommandRates rates,
            ArgumentCheck arguments,
            ChosenGateways gateways,
            Batches batches,
            BatchPiece pieces,
            CommandDraft draft,
            AuditLog audit,
            TransactionTemplate transaction,
            Supplier<UUID> ids,
            MeterRegistry meters) {
        this.rates = rates;
        this.arguments = arguments;
        this.gateways = gateways;
        this.batches = batches;
        this.pieces = pieces;
        this.draft = draft;
        this.audit = audit;
        this.transaction = transaction;
        this.ids = ids;
        this.meters = meters;
    }

    /**
     * What a caller asks for.
     *
     * @param from the caller's address
     * @param key the request's name, per caller
     * @param trace the trace it belongs to
     */
    record Ask(
            Caller caller,
            String from,
            BatchRequest body,
            Optional<String> key,
            Optional<String> trace) {
        /** The same, as part of a trace. */
        Ask within(Optional<String> step) {
            return new Ask(caller, from, body, key, step);
        }
    }

    /** A batch in the hands of this request. */
    record Work(Ask ask, BatchRequest.Asked asked, Verb verb, UUID batch, UUID runner) {
        Delivery delivery() {
            return asked.command().delivery();
        }
    }

    /** Says what the request would do, and does nothing. */
    BatchReceipt tryOut(Ask ask) {
        BatchRequest.Asked asked = ask.body().checked();
        Verb verb = checked(ask, asked);
        boolean _ = draft.seals(asked.command(), verb);
        List<AgentId> agents = gateways.find(ask.caller(), asked.chosen());
        return pieces.wouldBe(ask.caller(), asked.command(), verb, agents);
    }

    /**
     * Accepts the command for each gateway, as if it were the only one.
     *
     * @throws Refusal as one command would be refused, or because of the choice of gateways
     */
    BatchReceipt accept(Ask ask) {
        BatchRequest.Asked asked = ask.body().checked();
        Verb verb = checked(ask, asked);
        List<Bytes> hashes = draft.hashes(asked.command(), verb, asked.chosen().meaning());
        Optional<Batch> before = ask.key().flatMap(key -> batches.find(ask.caller().name(), key));
        if (before.isPresent()) {
            return again(ask, asked, verb, hashes, before.get());
        }
        List<AgentId> agents = gateways.find(ask.caller(), asked.chosen());
        if (agents.isEmpty()) {
            throw Refusal.of(
                    ProblemCode.NO_GATEWAYS,
                    "none that this caller may see is like that; ?dry_run=true shows which are");
        }
        Work work = new Work(ask, asked, verb, ids.get(), ids.get());
        if (!begin(work, hashes.getFirst(), agents)) {
            return again(
                    ask,
                    asked,
                    verb,
                    hashes,
                    batches.find(ask.caller().name(), ask.key().orElseThrow()).orElseThrow());
        }
        return run(work, agents);
    }

    private Verb checked(Ask ask, BatchRequest.Asked asked) {
        rates.check(ask.from());
        if (!ask.caller().mayUse(asked.command().verb())) {
            throw Refusal.of(
                    ProblemCode.VERB_FORBIDDEN,
                    "the token of \"" + ask.caller().name() + "\" is for other verbs");
        }
        return arguments.check(asked.command().verb(), asked.command().arguments(), "/parameters");
    }

    private boolean begin(Work work, Bytes hash, List<AgentId> agents) {
        Ask ask = work.ask();
        return Boolean.TRUE.equals(
                transaction.execute(_ -> {
                    boolean added =
                            batches.add(
                                    new Batches.NewBatch(
                                            work.batch(),
                                            work.runner(),
                                            ask.caller().name(),
                                            ask.key(),
                                            hash,
                                            work.verb().name(),
                                            draft.masked(work.asked().command(), work.verb()),
                                            work.delivery(),
                                            agents));
                    if (added) {
                        audit.changed(
                                ask.caller().name(),
                                "command.batch",
                                null,
                                ask.from(),
                                Map.of(
                                        "batch_id", work.batch().toString(),
                                        "verb", work.verb().name(),
                                        "delivery", work.delivery().name(),
                                        "gateways", String.valueOf(agents.size())));
                    }
                    return added;
                }));
    }

    /** The answer as before, or, when whoever worked on it is gone, the rest of the work. */
    private BatchReceipt again(
            Ask ask, BatchRequest.Asked asked, Verb verb, List<Bytes> hashes, Batch before) {
        if (!hashes.contains(before.hash())) {
            throw Refusal.of(
                    ProblemCode.IDEMPOTENCY_CONFLICT,
                    "this name was given to another request; choose a new one");
        }
        if (before.finishedAt() != null) {
            return BatchReceipt.of(before, batches.accepted(before.id()));
        }
        Work work = new Work(ask, asked, verb, before.id(), ids.get());
        if (!batches.takeOver(before.id(), work.runner())) {
            throw inProgress();
        }
        log.atWarn()
                .addKeyValue("event", "batch_resumed")
                .addKeyValue("batch_id", before.id())
                .log("a batch that was left unfinished goes on");
        return run(work, batches.left(batches.find(before.id()).orElseThrow()));
    }

    private static Refusal inProgress() {
        return Refusal.of(
                        ProblemCode.REQUEST_IN_PROGRESS,
                        "the same request under the same Idempotency-Key is being worked on; send"
                                + " it again in a moment for its answer")
                .retryAfter(PAUSE);
    }

    private BatchReceipt run(Work work, List<AgentId> agents) {
        try {
            for (int from = 0; from < agents.size(); from += PIECE) {
                List<AgentId> piece = agents.subList(from, Math.min(from + PIECE, agents.size()));
                if (!pieces.accept(work, piece)) {
                    throw inProgress();
                }
            }
            batches.finish(work.batch(), work.runner());
        } catch (RuntimeException broken) {
            letGo(work);
            throw broken;
        }
        Batch batch = batches.find(work.batch()).orElseThrow();
        BatchReceipt receipt = BatchReceipt.of(batch, batches.accepted(work.batch()));
        meters.counter("viw.api.batches").increment();
        meters.counter("viw.api.batches.gateways", "outcome", "accepted")
                .increment(receipt.accepted());
        meters.counter("viw.api.batches.gateways", "outcome", "refused")
                .increment(receipt.refused());
        return receipt;
    }

    /** Whoever repeats the request need not wait for the end of the lease. */
    private void letGo(Work work) {
        try {
            batches.letGo(work.batch(), work.runner());
        } catch (RuntimeException away) {
            log.debug("the lease of a batch ends by itself", away);
        }
    }
}
