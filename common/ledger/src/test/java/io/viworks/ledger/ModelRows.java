package io.viworks.ledger;

import io.viworks.backplane.stream.StreamRecord.ReleaseReason;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.protocol.ExecutionId;
import io.viworks.protocol.InstanceUid;
import io.viworks.protocol.frame.AgentFrame.JobState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The rows the model moves: real ones, moved by the real {@link Transitions}. Each is known by a
 * number. What only says when or why is left out of them, for in the model everything that may
 * happen later may happen now. For one thread.
 */
final class ModelRows {
    private static final AgentId AGENT = AgentId.of("gw-1");
    private static final CorrelationId COMMAND = new CorrelationId(new UUID(0, 1));
    private static final Instant ISSUED = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant EXPIRES = ISSUED.plusSeconds(60);
    private static final int TIMEOUT_S = 45;

    private final Transitions transitions = new Transitions(LedgerLimits.standard());
    private final Map<CommandRow, Integer> numbers = new HashMap<>();
    private final List<CommandRow> rows = new ArrayList<>();

    CommandRow row(int number) {
        return rows.get(number);
    }

    int size() {
        return rows.size();
    }

    /** As {@code Ledger.accept} leaves it when nobody holds the agent: waiting. */
    int waiting(boolean immediate) {
        return number(
                new CommandRow(
                        COMMAND,
                        AGENT,
                        "echo",
                        null,
                        false,
                        immediate,
                        CommandState.QUEUED,
                        null,
                        null,
                        null,
                        0,
                        0,
                        false,
                        null,
                        ISSUED,
                        false,
                        ISSUED,
                        EXPIRES,
                        EXPIRES.plusSeconds(TIMEOUT_S).plus(LedgerLimits.standard().outcomeGrace()),
                        TIMEOUT_S,
                        null,
                        null,
                        null,
                        false));
    }

    /** What {@link Moves} makes of one event. */
    int apply(int number, LedgerEvent event, boolean pastDeadline) {
        Instant now = pastDeadline ? EXPIRES.plusSeconds(1) : ISSUED.plusSeconds(1);
        return number(transitions.apply(row(number), event, now).row());
    }

    int with(
            CommandRow row,
            CommandState state,
            @Nullable EndedBy endedBy,
            int attempt,
            int released,
            @Nullable InstanceUid instance,
            boolean cancelRequested) {
        return number(
                new CommandRow(
                        row.correlationId(),
                        row.agentId(),
                        row.verb(),
                        row.batchId(),
                        row.handMade(),
                        row.immediate(),
                        state,
                        endedBy,
                        null,
                        null,
                        attempt,
                        released,
                        row.plain(),
                        instance,
                        ISSUED,
                        false,
                        row.issuedAt(),
                        row.expiresAt(),
                        row.endsBy(),
                        row.timeoutS(),
                        null,
                        null,
                        null,
                        cancelRequested));
    }

    /** The same row ended by the ledger. */
    int ended(CommandRow row, CommandState state) {
        return with(
                row,
                state,
                EndedBy.LEDGER,
                row.attempt(),
                row.released(),
                row.instance(),
                row.cancelRequested());
    }

    private int number(CommandRow row) {
        CommandRow plain = timeless(row);
        Integer known = numbers.putIfAbsent(plain, rows.size());
        if (known == null) {
            rows.add(plain);
            return rows.size() - 1;
        }
        return known;
    }

    private static CommandRow timeless(CommandRow row) {
        return new CommandRow(
                row.correlationId(),
                row.agentId(),
                row.verb(),
                row.batchId(),
                row.handMade(),
                row.immediate(),
                row.state(),
                row.endedBy(),
                null,
                null,
                row.attempt(),
                row.released(),
                row.plain(),
                row.instance(),
                ISSUED,
                false,
                row.issuedAt(),
                row.expiresAt(),
                row.endsBy(),
                row.timeoutS(),
                null,
                null,
                null,
                row.cancelRequested());
    }

    /** The journal of this number. */
    static InstanceUid instance(int number) {
        return new InstanceUid(new UUID(1, number));
    }

    /** The number of the journal a row is pinned to, 0 for none. */
    static int instance(CommandRow row) {
        InstanceUid instance = row.instance();
        return instance == null ? 0 : (int) instance.value().getLeastSignificantBits();
    }

    static LedgerEvent dispatched(int attempt, int instance) {
        return new LedgerEvent.Dispatched(
                COMMAND, AGENT, attempt, instance(instance), ISSUED.plusSeconds(1), null);
    }

    static LedgerEvent released(int attempt, ReleaseReason reason) {
        return new LedgerEvent.Released(COMMAND, AGENT, attempt, reason, null, null);
    }

    static LedgerEvent acknowledged(int instance) {
        return new LedgerEvent.Acknowledged(
                COMMAND, AGENT, instance(instance), ISSUED.plusSeconds(1));
    }

    static LedgerEvent refused(int instance, int attempt, String code) {
        return new LedgerEvent.Refused(
                COMMAND, AGENT, instance(instance), attempt, code, "", null, ISSUED.plusSeconds(1));
    }

    static LedgerEvent reported(int instance, JobState state) {
        return new LedgerEvent.Reported(
                COMMAND, AGENT, instance(instance), state, ISSUED.plusSeconds(1));
    }

    static LedgerEvent finished(int instance, CommandState outcome) {
        return new LedgerEvent.Finished(
                COMMAND,
                AGENT,
                new CommandResult(
                        new ExecutionId(new UUID(2, instance)),
                        outcome,
                        outcome == CommandState.SUCCEEDED,
                        null,
                        null,
                        null,
                        null,
                        false,
                        0,
                        0,
                        null,
                        null,
                        null,
                        null,
                        null),
                ISSUED.plusSeconds(2));
    }
}
