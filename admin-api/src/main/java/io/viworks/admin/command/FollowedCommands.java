package io.viworks.admin.command;

import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.ledger.CommandState;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Commands as those see them who follow one. Thread-safe. */
@Component
public final class FollowedCommands {
    private final Targets targets;
    private final CommandRows rows;

    FollowedCommands(Targets targets, CommandRows rows) {
        this.targets = targets;
        this.rows = rows;
    }

    /**
     * A command.
     *
     * @param since when it came into its state, as far as the row says
     * @param view as the call for one command answers
     */
    public record Followed(
            CommandState state,
            @Nullable String endedBy,
            @Nullable String errorCode,
            int attempt,
            Instant issuedAt,
            Instant since,
            Object view) {}

    /**
     * One command of a gateway with its results.
     *
     * @throws Refusal {@link ProblemCode#UNKNOWN_GATEWAY}, {@link ProblemCode#UNKNOWN_COMMAND}
     */
    public Followed first(Caller caller, AgentId agentId, CorrelationId correlationId) {
        Target _ = targets.find(caller, agentId);
        return find(caller, agentId, correlationId)
                .orElseThrow(() ->
                        Refusal.of(
                                ProblemCode.UNKNOWN_COMMAND,
                                "\"" + agentId + "\" has no command " + correlationId));
    }

    /** The same; empty when the caller may not see it, by now. */
    public Optional<Followed> find(Caller caller, AgentId agentId, CorrelationId correlationId) {
        return rows.find(caller, agentId, correlationId).map(FollowedCommands::followed);
    }

    private static Followed followed(CommandView view) {
        return new Followed(
                CommandState.valueOf(view.state()),
                view.endedBy(),
                view.errorCode(),
                view.attempt(),
                view.issuedAt(),
                Stream.of(view.finishedAt(), view.ackedAt(), view.dispatchedAt())
                        .filter(java.util.Objects::nonNull)
                        .findFirst()
                        .orElse(view.issuedAt()),
                view);
    }
}
