package io.viworks.admin.command;

import io.viworks.admin.audit.AuditLog;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.admin.verb.ArgumentCheck;
import io.viworks.backplane.WorldAway;
import io.viworks.backplane.ownership.Owner;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.Accepted;
import io.viworks.ledger.Delivery;
import io.viworks.ledger.Ledger;
import io.viworks.ledger.LedgerEntry;
import io.viworks.ledger.NewCommand;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.verb.Verb;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Takes a command from a caller into the ledger and sends it when its gateway is held (spec 3.4).
 * Thread-safe.
 */
@Component
final class Acceptance {
    /** When a full queue is worth another attempt. */
    private static final Duration QUEUE_PAUSE = Duration.ofSeconds(10);

    private static final String OTHER_REQUEST =
            "this name was given to another request, by another caller or for another gateway;"
                    + " choose a new one";

    private final CommandSettings settings;
    private final ArgumentCheck arguments;
    private final Targets targets;
    private final CommandDraft draft;
    private final Holders holders;
    private final Ledger ledger;
    private final Sending sending;
    private final AuditLog audit;
    private final TransactionTemplate transaction;

    Acceptance(
            CommandSettings settings,
            ArgumentCheck arguments,
            Targets targets,
            CommandDraft draft,
            Holders holders,
            Ledger ledger,
            Sending sending,
            AuditLog audit,
            TransactionTemplate transaction) {
        this.settings = settings;
        this.arguments = arguments;
        this.targets = targets;
        this.draft = draft;
        this.holders = holders;
        this.ledger = ledger;
        this.sending = sending;
        this.audit = audit;
        this.transaction = transaction;
    }

    /**
     * What a caller asks for.
     *
     * @param from the caller's address
     * @param key the request's name, per caller and gateway
     * @param trace the trace it belongs to
     */
    record Ask(
            Caller caller,
            String from,
            AgentId agentId,
            CommandRequest body,
            Optional<String> key,
            Optional<String> trace) {}

    /**
     * Accepts a command; it is in the ledger when this returns, and on its way when its gateway is
     * held and has room.
     *
     * @throws Refusal as spec 5, "Answers", has it
     */
    Receipt accept(Ask ask) {
        CommandRequest.Asked asked = ask.body().checked();
        Target _ = targets.find(ask.caller(), ask.agentId());
        if (!ask.caller().mayUse(asked.verb())) {
            throw Refusal.of(
                    ProblemCode.VERB_FORBIDDEN,
                    "the token of \"" + ask.caller().name() + "\" is for other verbs");
        }
        Verb verb = arguments.check(asked.verb(), asked.arguments(), "/parameters");
        NewCommand command = draft.of(ask, asked, verb);
        Owner owner = ownerOf(ask.agentId(), asked.delivery());
        Accepted accepted =
                Objects.requireNonNull(transaction.execute(_ -> insert(ask, command, verb, owner)));
        return switch (accepted) {
            case Accepted.Claimed(var record) -> {
                sending.send(record);
                yield receipt(command);
            }
            case Accepted.Waiting() -> receipt(command);
            case Accepted.Duplicate(LedgerEntry existing) -> {
                if (asked.correlationId()
                        .filter(id -> !id.equals(existing.correlationId()))
                        .isPresent()) {
                    throw Refusal.of(ProblemCode.IDEMPOTENCY_CONFLICT, OTHER_REQUEST);
                }
                yield receipt(command, existing);
            }
            case Accepted.Conflict() ->
                    throw Refusal.of(ProblemCode.IDEMPOTENCY_CONFLICT, OTHER_REQUEST);
            case Accepted.QueueFull(int waiting) ->
                    throw Refusal.of(
                                    ProblemCode.QUEUE_FULL,
                                    waiting + " commands wait for \"" + ask.agentId() + "\"")
                            .retryAfter(QUEUE_PAUSE);
            case Accepted.AgentOffline() ->
                    throw Refusal.of(
                            ProblemCode.AGENT_OFFLINE,
                            "with delivery QUEUE the command would wait for \""
                                    + ask.agentId()
                                    + "\"");
            case Accepted.AgentBusy() ->
                    throw Refusal.of(
                            ProblemCode.AGENT_BUSY,
                            "other commands wait for \""
                                    + ask.agentId()
                                    + "\" or run there; with delivery QUEUE this one would wait,"
                                    + " too");
        };
    }

    /**
     * The ledger comes first: a repeated request is answered as it was, whatever has become of its
     * gateway. A new one is then looked at under the gateway's lock, and taken back when the
     * gateway must not have it.
     */
    private Accepted insert(Ask ask, NewCommand command, Verb verb, @Nullable Owner owner) {
        Accepted accepted = ledger.accept(command, owner);
        switch (accepted) {
            case Accepted.Claimed _, Accepted.Waiting _ -> {
                admit(ask, command, verb);
                audit.changed(
                        ask.caller().name(),
                        "command.accept",
                        ask.agentId().value(),
                        ask.from(),
                        Map.of(
                                "correlation_id", command.correlationId().toString(),
                                "verb", verb.name(),
                                "delivery", command.delivery().name()));
            }
            case Accepted.QueueFull _, Accepted.AgentOffline _, Accepted.AgentBusy _ ->
                    admit(ask, command, verb);
            case Accepted.Duplicate _, Accepted.Conflict _ -> {}
        }
        return accepted;
    }

    private void admit(Ask ask, NewCommand command, Verb verb) {
        Target target = targets.find(ask.caller(), ask.agentId());
        target.admit(verb);
        switch (command.payload()) {
            case StreamRecord.Payload.Sealed _ -> {
                if (!settings.secretsOnSharedSecret()) {
                    target.admitSecrets(verb);
                }
            }
            case StreamRecord.Payload.Clear _ -> {}
        }
    }

    /** Who holds the agent. Without Redis a command waits in the ledger, unless it may not wait. */
    private @Nullable Owner ownerOf(AgentId agentId, Delivery delivery) {
        return switch (holders.of(agentId)) {
            case Holders.Held(Owner owner) -> owner;
            case Holders.Nobody() -> null;
            case Holders.Away(WorldAway why) ->
                    switch (delivery) {
                        case QUEUE -> null;
                        case IMMEDIATE -> throw why;
                    };
        };
    }

    private static Receipt receipt(NewCommand command) {
        return new Receipt(
                command.correlationId(),
                command.agentId(),
                command.verb(),
                command.delivery(),
                command.issuedAt(),
                command.expiresAt(),
                command.timeoutS());
    }

    /** The first answer again: what is not in the entry is the same in every repetition. */
    private static Receipt receipt(NewCommand repeated, LedgerEntry existing) {
        return new Receipt(
                existing.correlationId(),
                existing.agentId(),
                existing.verb(),
                repeated.delivery(),
                existing.issuedAt(),
                existing.expiresAt(),
                repeated.timeoutS());
    }
}
