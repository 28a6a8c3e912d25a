package io.viworks.admin.command;

import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.admin.token.Caller;
import io.viworks.backplane.WorldAway;
import io.viworks.ledger.CommandState;
import io.viworks.ledger.Delivery;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import io.viworks.service.Pulse;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tells an agent to end before its gateway is decommissioned (spec 5), and says when it has. No
 * thread waits: one looks after all that are out. Thread-safe.
 */
@Component
public final class AgentShutdown {
    /** How long the end is waited for. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Most ends that are waited for at a time. */
    static final int MAX_WAITING = 200;

    private static final String VERB = "shutdown_agent";
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final String[] ENDS =
            Arrays.stream(CommandState.values())
                    .filter(CommandState::terminal)
                    .map(Enum::name)
                    .toArray(String[]::new);

    private final Acceptance acceptance;
    private final JdbcClient jdbc;
    private final Map<UUID, CompletableFuture<CommandEnd>> waiting = new ConcurrentHashMap<>();
    private final Pulse pulse;

    AgentShutdown(Acceptance acceptance, JdbcClient jdbc, MeterRegistry meters) {
        this.acceptance = acceptance;
        this.jdbc = jdbc;
        meters.gaugeMapSize("viw.api.shutdowns.waiting", java.util.List.of(), waiting);
        this.pulse = Pulse.start("shutdowns", PAUSE, this::look);
    }

    /** What became of the attempt; none of them keeps the gateway. */
    public enum CommandEnd {
        /** The command has come to an end, whichever. */
        ENDED,
        /** It could not be sent: the agent is away, busy, or does not know it. */
        NOT_SENT,
        /** The time was over. */
        WAITED
    }

    /**
     * Sends the command, and completes when it has ended, or after {@link #PATIENCE}.
     *
     * @throws Refusal when the caller may not do this to the gateway, or too many wait already
     */
    public CompletableFuture<CommandEnd> ask(Caller caller, AgentId agent, String from) {
        if (waiting.size() >= MAX_WAITING) {
            throw Refusal.of(
                            ProblemCode.RATE_LIMITED,
                            "the ends of " + MAX_WAITING + " agents are waited for already")
                    .retryAfter(PATIENCE);
        }
        Optional<CorrelationId> sent = send(caller, agent, from);
        if (sent.isEmpty()) {
            return CompletableFuture.completedFuture(CommandEnd.NOT_SENT);
        }
        UUID id = sent.get().value();
        CompletableFuture<CommandEnd> end = new CompletableFuture<>();
        waiting.put(id, end);
        return end.completeOnTimeout(CommandEnd.WAITED, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((_, _) -> waiting.remove(id));
    }

    /** Whether ends are still looked for. */
    public boolean alive() {
        return pulse.alive();
    }

    private Optional<CorrelationId> send(Caller caller, AgentId agent, String from) {
        try {
            Acceptance.Ask ask =
                    new Acceptance.Ask(
                            caller, from, agent, body(), Optional.empty(), Optional.empty());
            return Optional.of(acceptance.accept(ask).correlationId());
        } catch (WorldAway away) {
            return Optional.empty();
        } catch (Refusal refusal) {
            // Of rights stops all; of circumstances (409, 429) stops the command only.
            if (refusal.code().status() == 409 || refusal.code().status() == 429) {
                return Optional.empty();
            }
            throw refusal;
        }
    }

    /** At once or not at all: a gateway that is away is not waited for. */
    private static CommandRequest body() {
        ObjectNode reason = JsonNodeFactory.instance.objectNode();
        reason.put("reason", "the gateway is being decommissioned");
        int seconds = Math.toIntExact(PATIENCE.toSeconds());
        return new CommandRequest(VERB, reason, seconds, seconds, Delivery.IMMEDIATE.name(), null);
    }

    private void look() {
        if (waiting.isEmpty()) {
            return;
        }
        jdbc.sql(
                        """
                        select correlation_id from agent_commands
                        where correlation_id = any (:ids) and state = any (:ends)
                        """)
                .param("ids", waiting.keySet().toArray(UUID[]::new))
                .param("ends", ENDS)
                .query(UUID.class)
                .list()
                .forEach(id -> {
                    CompletableFuture<CommandEnd> end = waiting.get(id);
                    if (end != null) {
                        end.complete(CommandEnd.ENDED);
                    }
                });
    }

    @PreDestroy
    void close() {
        pulse.close();
    }
}
