package io.viworks.admin.command;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.event.Changes;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.sql.AfterCommit;
import io.viworks.admin.token.Caller;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.CancelAnswer;
import io.viworks.ledger.CommandState;
import io.viworks.ledger.Ledger;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Cancels commands: what no agent has ends at once, what is out is asked back (spec 3.5).
 * Thread-safe.
 */
@Component
final class Cancellation {
    private final Holders holders;
    private final Ledger ledger;
    private final Sending sending;
    private final AuditLog audit;
    private final Changes changes;
    private final TransactionTemplate transaction;

    Cancellation(
            Holders holders,
            Ledger ledger,
            Sending sending,
            AuditLog audit,
            Changes changes,
            TransactionTemplate transaction) {
        this.holders = holders;
        this.ledger = ledger;
        this.sending = sending;
        this.audit = audit;
        this.changes = changes;
        this.transaction = transaction;
    }

    /**
     * Cancels the command, or asks its agent to.
     *
     * @throws Refusal {@link ProblemCode#NOT_CANCELLABLE} with its state
     */
    void cancel(Caller caller, String from, CommandView command) {
        Optional<Owner> owner = holders.of(command.agentId()).known();
        CancelAnswer answer =
                Objects.requireNonNull(transaction.execute(_ -> ask(caller, from, command, owner)));
        switch (answer) {
            case CancelAnswer.Ended _ -> {}
            case CancelAnswer.Requested(StreamRecord.@Nullable Cancel record, _) -> {
                if (record != null && owner.isPresent()) {
                    Sending.Signal signal = new Sending.Signal(owner.get().bridgeId(), record);
                    AfterCommit.run(() -> sending.signal(List.of(signal)));
                }
            }
            case CancelAnswer.NotCancellable(CommandState state) ->
                    throw refusal(state, "a copy is out at an agent that does not offer to cancel");
            case CancelAnswer.AlreadyEnded(CommandState state) ->
                    throw refusal(state, "it has ended");
            case CancelAnswer.Unknown() ->
                    throw Refusal.of(
                            ProblemCode.UNKNOWN_COMMAND,
                            "there is no command " + command.correlationId());
        }
    }

    private CancelAnswer ask(
            Caller caller, String from, CommandView command, Optional<Owner> owner) {
        CancelAnswer answer =
                ledger.cancel(
                        command.agentId(),
                        command.correlationId(),
                        caller.name(),
                        owner.orElse(null));
        switch (answer) {
            case CancelAnswer.Ended _, CancelAnswer.Requested _ -> {
                changes.cancelled(answer);
                audit.changed(
                        caller.name(),
                        "command.cancel",
                        command.agentId().value(),
                        from,
                        Map.of(
                                "correlation_id", command.correlationId().toString(),
                                "verb", command.command()));
            }
            case CancelAnswer.NotCancellable _,
                    CancelAnswer.AlreadyEnded _,
                    CancelAnswer.Unknown _ -> {}
        }
        return answer;
    }

    private static Refusal refusal(CommandState state, String why) {
        return Refusal.of(ProblemCode.NOT_CANCELLABLE, why + "; its state is " + state)
                .with("state", state.name());
    }
}
