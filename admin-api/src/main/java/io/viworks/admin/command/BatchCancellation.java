package io.viworks.admin.command;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.command.Batches.Batch;
import io.viworks.admin.event.Changes;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.backplane.ownership.Owner;
import io.viworks.ledger.CancelAnswer;
import io.viworks.ledger.Ledger;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Cancels what is left of a batch: each command as one alone would be, in pieces of a transaction
 * each. Done again it goes on with what is left then. Thread-safe.
 */
@Component
final class BatchCancellation {
    private final BatchRows rows;
    private final Batches batches;
    private final Holders holders;
    private final Ledger ledger;
    private final Sending sending;
    private final AuditLog audit;
    private final Changes changes;
    private final TransactionTemplate transaction;

    BatchCancellation(
            BatchRows rows,
            Batches batches,
            Holders holders,
            Ledger ledger,
            Sending sending,
            AuditLog audit,
            Changes changes,
            TransactionTemplate transaction) {
        this.rows = rows;
        this.batches = batches;
        this.holders = holders;
        this.ledger = ledger;
        this.sending = sending;
        this.audit = audit;
        this.changes = changes;
        this.transaction = transaction;
    }

    /**
     * What became of the commands that had not ended.
     *
     * @param cancelled ended at once: no copy was out
     * @param requested out: their agents are asked, and their word decides
     * @param notCancellable out at agents that do not offer it
     * @param ended ended by themselves meanwhile
     */
    record Cancelled(UUID batchId, int cancelled, int requested, int notCancellable, int ended) {}

    /**
     * Cancels what the caller may see of it. When he sees all, gateways that are not in the ledger
     * yet will not be.
     *
     * @throws Refusal {@link ProblemCode#UNKNOWN_BATCH}
     */
    Cancelled cancel(Caller caller, String from, UUID id) {
        BatchView view = rows.view(caller, id);
        Batch batch = batches.find(id).orElseThrow(() -> BatchRows.unknown(id));
        transaction.executeWithoutResult(_ -> {
            if (rows.seesWhole(caller, batch)) {
                batches.requestCancel(id, caller.name());
            }
            audit.changed(
                    caller.name(),
                    "command.batch_cancel",
                    null,
                    from,
                    Map.of(
                            "batch_id", id.toString(),
                            "verb", view.command(),
                            "open", String.valueOf(view.open())));
        });
        List<CancelAnswer> answers = new ArrayList<>();
        String after = "";
        Map<CorrelationId, AgentId> piece;
        do {
            piece = rows.open(caller, id, after, BatchAcceptance.PIECE);
            if (!piece.isEmpty()) {
                answers.addAll(cancel(caller, from, id, piece));
                after = List.copyOf(piece.values()).getLast().value();
            }
        } while (piece.size() == BatchAcceptance.PIECE);
        return counted(id, answers);
    }

    private List<CancelAnswer> cancel(
            Caller caller, String from, UUID id, Map<CorrelationId, AgentId> commands) {
        Map<AgentId, Owner> owners = holders.of(commands.values()).known();
        Map<CorrelationId, CancelAnswer> answers =
                Objects.requireNonNull(
                        transaction.execute(_ -> {
                            Map<CorrelationId, CancelAnswer> found =
                                    ledger.cancelAll(commands, caller.name(), owners);
                            found.values().forEach(changes::cancelled);
                            record(caller, from, id, commands, found);
                            return found;
                        }));
        List<Sending.Signal> signals = new ArrayList<>();
        answers.forEach((command, answer) -> {
            Owner owner = owners.get(Objects.requireNonNull(commands.get(command)));
            if (owner != null
                    && answer instanceof CancelAnswer.Requested(var record, _)
                    && record != null) {
                signals.add(new Sending.Signal(owner.bridgeId(), record));
            }
        });
        sending.signal(signals);
        return List.copyOf(answers.values());
    }

    private void record(
            Caller caller,
            String from,
            UUID id,
            Map<CorrelationId, AgentId> commands,
            Map<CorrelationId, CancelAnswer> answers) {
        Map<String, Map<String, String>> details = new TreeMap<>();
        answers.forEach((command, answer) -> {
            switch (answer) {
                case CancelAnswer.Ended _, CancelAnswer.Requested _ ->
                        details.put(
                                Objects.requireNonNull(commands.get(command)).value(),
                                Map.of(
                                        "correlation_id", command.toString(),
                                        "batch_id", id.toString()));
                case CancelAnswer.NotCancellable _,
                        CancelAnswer.AlreadyEnded _,
                        CancelAnswer.Unknown _ -> {}
            }
        });
        audit.changed(caller.name(), "command.cancel", from, details);
    }

    private static Cancelled counted(UUID id, List<CancelAnswer> answers) {
        int cancelled = 0;
        int requested = 0;
        int notCancellable = 0;
        int ended = 0;
        for (CancelAnswer answer : answers) {
            switch (answer) {
                case CancelAnswer.Ended _ -> cancelled++;
                case CancelAnswer.Requested _ -> requested++;
                case CancelAnswer.NotCancellable _ -> notCancellable++;
                case CancelAnswer.AlreadyEnded _, CancelAnswer.Unknown _ -> ended++;
            }
        }
        return new Cancelled(id, cancelled, requested, notCancellable, ended);
    }
}
