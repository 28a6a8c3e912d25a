package io.viworks.admin.command;

import io.viworks.admin.command.BatchAcceptance.Work;
import io.viworks.admin.event.Changes;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.backplane.stream.StreamRecord;
import io.viworks.ledger.Accepted;
import io.viworks.ledger.Delivery;
import io.viworks.ledger.Ledger;
import io.viworks.ledger.NewCommand;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.verb.Verb;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A piece of a batch: its gateways are judged as each alone would be, under their locks, and those
 * that may have the command get it, all in one transaction and a fixed number of statements.
 * Thread-safe.
 */
@Component
final class BatchPiece {
    private final CommandSettings settings;
    private final Targets targets;
    private final CommandDraft draft;
    private final Holders holders;
    private final Ledger ledger;
    private final Batches batches;
    private final Sending sending;
    private final Changes changes;
    private final TransactionTemplate transaction;

    BatchPiece(
            CommandSettings settings,
            Targets targets,
            CommandDraft draft,
            Holders holders,
            Ledger ledger,
            Batches batches,
            Sending sending,
            Changes changes,
            TransactionTemplate transaction) {
        this.settings = settings;
        this.targets = targets;
        this.draft = draft;
        this.holders = holders;
        this.ledger = ledger;
        this.batches = batches;
        this.sending = sending;
        this.changes = changes;
        this.transaction = transaction;
    }

    /** Accepts the command for these gateways; false when another works on the batch. */
    boolean accept(Work work, List<AgentId> agents) {
        Holders.AllHolders held = holders.of(agents);
        List<Taken> taken = new ArrayList<>();
        boolean mine =
                Boolean.TRUE.equals(
                        transaction.execute(_ -> {
                            taken.clear();
                            return switch (batches.hold(work.batch(), work.runner())) {
                                case LOST -> false;
                                case CANCELLED -> {
                                    batches.refuse(
                                            work.batch(), all(agents, ProblemCode.BATCH_CANCELLED));
                                    yield true;
                                }
                                case HELD -> {
                                    taken.addAll(acceptHeld(work, agents, held));
                                    yield true;
                                }
                            };
                        }));
        sending.send(taken.stream().flatMap(one -> one.claimed().stream()).toList());
        taken.forEach(one -> AcceptedLine.of(one.command(), one.claimed().isPresent()));
        return mine;
    }

    /** A command that is in the ledger, and its record when that is to be sent. */
    private record Taken(NewCommand command, Optional<StreamRecord.Command> claimed) {}

    private static Map<AgentId, String> all(Collection<AgentId> agents, ProblemCode code) {
        Map<AgentId, String> codes = new LinkedHashMap<>();
        agents.forEach(agent -> codes.put(agent, code.wire()));
        return codes;
    }

    /** What is in the ledger, to be sent after the commit. */
    private List<Taken> acceptHeld(Work work, List<AgentId> agents, Holders.AllHolders held) {
        ledger.hold(agents);
        BatchAcceptance.Ask ask = work.ask();
        Map<AgentId, String> refused =
                refusedGateways(ask.caller(), work.asked().command(), work.verb(), agents, held);
        List<NewCommand> commands =
                agents.stream()
                        .filter(agent -> !refused.containsKey(agent))
                        .map(agent -> command(work, agent))
                        .toList();
        Map<AgentId, Accepted> answers = ledger.acceptAll(commands, held.known());
        List<Taken> taken = new ArrayList<>();
        for (NewCommand command : commands) {
            Accepted answer = Objects.requireNonNull(answers.get(command.agentId()));
            @Nullable ProblemCode code = code(answer);
            if (code != null) {
                refused.put(command.agentId(), code.wire());
                continue;
            }
            taken.add(
                    new Taken(
                            command,
                            answer instanceof Accepted.Claimed(StreamRecord.Command record)
                                    ? Optional.of(record)
                                    : Optional.empty()));
            changes.accepted(command, answer);
        }
        batches.refuse(work.batch(), refused);
        return taken;
    }

    private NewCommand command(Work work, AgentId agent) {
        BatchAcceptance.Ask ask = work.ask();
        return draft.of(
                new CommandDraft.For(
                        ask.caller(),
                        ask.from(),
                        agent,
                        Optional.empty(),
                        ask.trace(),
                        Optional.of(work.batch())),
                work.asked().command(),
                work.verb());
    }

    /** What each gateway by itself says to the command, before its queue is looked at. */
    private Map<AgentId, String> refusedGateways(
            Caller caller,
            CommandRequest.Asked asked,
            Verb verb,
            List<AgentId> agents,
            Holders.AllHolders held) {
        boolean sealed = draft.seals(asked, verb);
        boolean unreachable =
                held instanceof Holders.AllAway && asked.delivery() == Delivery.IMMEDIATE;
        Map<AgentId, Target> found = targets.find(caller, agents);
        Map<AgentId, String> refused = new LinkedHashMap<>();
        for (AgentId agent : agents) {
            Optional.ofNullable(found.get(agent))
                    .map(target -> refusal(target, verb, sealed))
                    .orElse(Optional.of(ProblemCode.UNKNOWN_GATEWAY))
                    .or(() ->
                            unreachable
                                    ? Optional.of(ProblemCode.BACKPLANE_AWAY)
                                    : Optional.empty())
                    .ifPresent(code -> refused.put(agent, code.wire()));
        }
        return refused;
    }

    private Optional<ProblemCode> refusal(Target target, Verb verb, boolean sealed) {
        return target.refusal(verb)
                .or(() ->
                        sealed && !settings.secretsOnSharedSecret()
                                ? target.refusalOfSecrets(verb)
                                : Optional.empty())
                .map(Refusal::code);
    }

    private static @Nullable ProblemCode code(Accepted answer) {
        return switch (answer) {
            case Accepted.Claimed _, Accepted.Waiting _, Accepted.Duplicate _ -> null;
            case Accepted.Conflict _ -> ProblemCode.IDEMPOTENCY_CONFLICT;
            case Accepted.QueueFull _ -> ProblemCode.QUEUE_FULL;
            case Accepted.AgentOffline _ -> ProblemCode.AGENT_OFFLINE;
            case Accepted.AgentBusy _ -> ProblemCode.AGENT_BUSY;
        };
    }

    /** What {@link #accept} would answer just now; nothing is locked or written. */
    BatchReceipt wouldBe(
            Caller caller, CommandRequest.Asked asked, Verb verb, List<AgentId> agents) {
        Map<AgentId, String> refused = new LinkedHashMap<>();
        for (int from = 0; from < agents.size(); from += BatchAcceptance.PIECE) {
            List<AgentId> piece =
                    agents.subList(from, Math.min(from + BatchAcceptance.PIECE, agents.size()));
            Holders.AllHolders held = holders.of(piece);
            Map<AgentId, String> here = refusedGateways(caller, asked, verb, piece, held);
            List<AgentId> left = piece.stream().filter(one -> !here.containsKey(one)).toList();
            ledger.refusals(left, asked.delivery(), held.known())
                    .forEach((agent, answer) -> {
                        @Nullable ProblemCode code = code(answer);
                        if (code != null) {
                            here.put(agent, code.wire());
                        }
                    });
            refused.putAll(here);
        }
        List<BatchReceipt.Item> items =
                agents.stream()
                        .sorted(java.util.Comparator.comparing(AgentId::value))
                        .map(agent ->
                                new BatchReceipt.Item(agent.value(), null, refused.get(agent)))
                        .toList();
        return new BatchReceipt(
                null,
                true,
                verb.name(),
                agents.size(),
                agents.size() - refused.size(),
                refused.size(),
                items);
    }
}
