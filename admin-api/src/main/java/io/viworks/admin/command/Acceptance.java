package io.viworks.admin.command;

import io.viworks.admin.event.Changes;
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
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
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
    private final CommandRates rates;
    private final ArgumentCheck arguments;
    private final Targets targets;
    private final CommandDraft draft;
    private final Holders holders;
    private final Ledger ledger;
    private final Sending sending;
    private final Changes changes;
    private final TransactionTemplate transaction;

    Acceptance(
            CommandSettings settings,
            CommandRates rates,
            ArgumentCheck arguments,
            Targets targets,
            CommandDraft draft,
            Holders holders,
            Ledger ledger,
            Sending sending,
            Changes changes,
            TransactionTemplate transaction) {
        this.settings = settings;
        this.rates = rates;
        this.arguments = arguments;
        this.targets = targets;
        this.draft = draft;
        this.holders = holders;
        this.ledger = ledger;
        this.sending = sending;
        this.changes = changes;
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
        rates.check(ask.from(), ask.agentId());
        CommandRequest.Asked asked = ask.body().checked();
        Prepared prepared = prepared(ask, asked);
        NewCommand command = prepared.command();
        Accepted accepted = Objects.requireNonNull(transaction.execute(_ -> insert(ask, prepared)));
        return switch (accepted) {
            case Accepted.Claimed(var record) -> {
                sending.send(record);
                AcceptedLine.of(command, true);
                yield receipt(command);
            }
            case Accepted.Waiting() -> {
                AcceptedLine.of(command, false);
                yield receipt(command);
            }
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

    /** A command that is right in itself; whether its gateway may have it is not looked at yet. */
    private record Prepared(NewCommand command, Verb verb, @Nullable Owner owner) {}

    /** Meanwhile Redis looks up who holds the gateway. */
    private Prepared prepared(Ask ask, CommandRequest.Asked asked) {
        Supplier<Holders.Holder> holder = holders.ask(ask.agentId());
        try {
            if (!ask.caller().mayUse(asked.verb())) {
                throw Refusal.of(
                        ProblemCode.VERB_FORBIDDEN,
                        "the token of \"" + ask.caller().name() + "\" is for other verbs");
            }
            Verb verb = arguments.check(asked.verb(), asked.arguments(), "/parameters");
            NewCommand command =
                    draft.of(
                            new CommandDraft.For(
                                    ask.caller(),
                                    ask.from(),
                                    ask.agentId(),
                                    ask.key(),
                                    ask.trace(),
                                    Optional.empty()),
                            asked,
                            verb);
            return new Prepared(command, verb, ownerOf(holder.get(), asked.delivery()));
        } catch (Refusal | WorldAway mistake) {
            // Of a gateway that is not there, or not for the caller, nothing else is said.
            Target _ = targets.find(ask.caller(), ask.agentId());
            throw mistake;
        }
    }

    /**
     * All that decides is read under the gateway's lock. The ledger comes first: a repeated request
     * is answered as it was, whatever has become of its gateway, as long as the caller may see it.
     */
    private Accepted insert(Ask ask, Prepared prepared) {
        NewCommand command = prepared.command();
        Ledger.Found<Target> found =
                ledger.find(command, targets.asking(ask.caller(), ask.agentId()));
        Target target = found.asked().orElseThrow(() -> Targets.unknown(ask.agentId()));
        if (found.before().isPresent()) {
            return found.before().get();
        }
        admit(target, command, prepared.verb());
        Accepted accepted = ledger.accept(command, prepared.owner(), found);
        changes.accepted(command, accepted);
        return accepted;
    }

    private void admit(Target target, NewCommand command, Verb verb) {
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
    private static @Nullable Owner ownerOf(Holders.Holder holder, Delivery delivery) {
        return switch (holder) {
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
