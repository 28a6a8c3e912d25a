package io.viworks.admin.event.live;

import io.viworks.backplane.stream.CommandEvent;
import io.viworks.backplane.stream.GatewayEvent;
import io.viworks.backplane.stream.LostEvents;
import io.viworks.backplane.stream.StreamRecord.OfEvents;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.CorrelationId;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** The data of events, as JSON in one line. Thread-safe. */
@Component
final class Shown {
    private final JsonMapper json;

    Shown(JsonMapper json) {
        this.json = json;
    }

    /**
     * A gateway has changed; its row says how it is now.
     *
     * @param what {@code expected, connected, disconnected, unknown, edited, decommissioned,
     *     restored, clone_suspected, clone_cleared, credential_added, credential_revoked, reopened}
     */
    record GatewayChange(AgentId agentId, Instant ts, String what, Map<String, String> facts) {}

    /** A command has come into a state. */
    record CommandChange(
            AgentId agentId,
            CorrelationId correlationId,
            @Nullable UUID batchId,
            Instant ts,
            String command,
            String state,
            @Nullable String endedBy,
            @Nullable String errorCode,
            int attempt) {}

    /** Where the stream was when it began, or that it goes on where its reader was. */
    record Ready(boolean resumed) {}

    /**
     * What was shown may be wrong by now: load it again.
     *
     * @param reason {@code gap}: what was missed is not kept any more; {@code lost}: some changes
     *     were never told
     */
    record Reset(String reason) {}

    /** Changes cannot be read just now. */
    record Away(Instant since) {}

    /** They can again, and none is missing that was told. */
    record Back() {}

    byte[] of(Object data) {
        return json.writeValueAsBytes(data);
    }

    byte[] of(OfEvents event) {
        return of(
                switch (event) {
                    case GatewayEvent gateway ->
                            new GatewayChange(
                                    gateway.agentId(),
                                    gateway.ts(),
                                    gateway.what().name().toLowerCase(Locale.ROOT),
                                    gateway.facts());
                    case CommandEvent moved ->
                            new CommandChange(
                                    moved.agentId(),
                                    moved.correlationId(),
                                    moved.batchId(),
                                    moved.ts(),
                                    moved.verb(),
                                    moved.state(),
                                    moved.endedBy(),
                                    moved.errorCode(),
                                    moved.attempt());
                    case LostEvents _ -> new Reset("lost");
                });
    }

    /** The name of its SSE event. */
    static String nameOf(OfEvents event) {
        return switch (event) {
            case GatewayEvent _ -> "gateway";
            case CommandEvent _ -> "command";
            case LostEvents _ -> "reset";
        };
    }
}
