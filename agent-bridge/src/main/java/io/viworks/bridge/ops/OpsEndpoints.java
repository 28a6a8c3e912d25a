package io.viworks.bridge.ops;

import io.viworks.backplane.WorldAway;
import io.viworks.backplane.delivery.CommandSender;
import io.viworks.bridge.handshake.Admission;
import io.viworks.bridge.ingress.Recent;
import io.viworks.bridge.session.AgentSession;
import io.viworks.bridge.session.Sessions;
import io.viworks.protocol.AgentId;
import io.viworks.protocol.BridgeId;
import io.viworks.protocol.Bytes;
import io.viworks.protocol.Rfc3339;
import io.viworks.protocol.frame.BadFrame;
import io.viworks.protocol.verb.VerbCatalogue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The bridge's own endpoints, for who operates it (spec 05). */
public final class OpsEndpoints {
    private final Sessions sessions;
    private final Recent recent;
    private final Admission admission;
    private final boolean enabled;
    private final CommandSender sender;
    private final BridgeId bridge;
    private final OpsGuard guard;
    private final OpsCommand commands;
    private final InstantSource clock;
    private final Instant startedAt;
    private final JsonMapper json = new JsonMapper();

    /**
     * With its parts.
     *
     * @param enabled whether agents are let in at all
     * @param token of the caller; without one only loopback is answered
     */
    public OpsEndpoints(
            Sessions sessions,
            Recent recent,
            Admission admission,
            boolean enabled,
            CommandSender sender,
            BridgeId bridge,
            Optional<Bytes> token,
            InstantSource clock,
            Supplier<UUID> ids) {
        this.sessions = sessions;
        this.recent = recent;
        this.admission = admission;
        this.enabled = enabled;
        this.sender = sender;
        this.bridge = bridge;
        this.guard = new OpsGuard(token);
        this.commands = new OpsCommand(VerbCatalogue.standard(), ids);
        this.clock = clock;
        this.startedAt = clock.instant();
    }

    /** All of them, behind the guard. */
    public RouterFunction<ServerResponse> routes() {
        return RouterFunctions.route()
                .GET("/internal/agent/_healthz", _ -> healthz())
                .GET("/internal/agent/agents", _ -> agents())
                .GET("/internal/agent/agents/{id}/telemetry", known(this::telemetry))
                .GET("/internal/agent/agents/{id}/last-result", known(this::lastResult))
                .POST("/internal/agent/agents/{id}/commands", this::command)
                .GET("/agent/_health", _ -> health())
                .filter((request, next) ->
                        guard.refuse(
                                        request.method(),
                                        request.remoteAddress(),
                                        request.headers().asHttpHeaders())
                                .map(refused ->
                                        problem(refused.status(), refused.code(), refused.detail()))
                                .orElseGet(() -> next.handle(request)))
                .build();
    }

    private Mono<ServerResponse> healthz() {
        ObjectNode body = json.createObjectNode();
        body.put("status", admission.isOpen() ? "ok" : enabled ? "draining" : "disabled");
        body.put("uptime_s", Duration.between(startedAt, clock.instant()).toSeconds());
        body.put("connections", sessions.openCount());
        return ok(json.writeValueAsBytes(body));
    }

    private Mono<ServerResponse> health() {
        ObjectNode body = json.createObjectNode();
        body.put("status", enabled ? "enabled" : "disabled");
        return ok(json.writeValueAsBytes(body));
    }

    private Mono<ServerResponse> agents() {
        ArrayNode all = json.createArrayNode();
        sessions.live().stream()
                .sorted(Comparator.comparing(session -> session.agentId().value()))
                .forEach(session -> all.add(row(session)));
        return ok(json.writeValueAsBytes(all));
    }

    private ObjectNode row(AgentSession session) {
        ObjectNode row = json.createObjectNode();
        row.put("agent_id", session.agentId().toString());
        row.put("connected_at", Rfc3339.format(session.connectedAt()));
        row.put("last_seen", Rfc3339.format(session.lastSeen()));
        row.put("ip", session.ip());
        row.put("version", session.version());
        row.put("conn_id", session.connId().toString());
        row.put("session_id", session.sessionId().toString());
        return row;
    }

    private static HandlerFunction<ServerResponse> known(
            Function<AgentId, Mono<ServerResponse>> then) {
        return request -> {
            Optional<AgentId> agent = agent(request);
            return agent.isPresent() ? then.apply(agent.get()) : notFound();
        };
    }

    private static Optional<AgentId> agent(ServerRequest request) {
        try {
            return Optional.of(new AgentId(request.pathVariable("id")));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /** The frames as they were received, in one array. */
    private Mono<ServerResponse> telemetry(AgentId agent) {
        List<Bytes> frames = recent.telemetry(agent);
        if (frames.isEmpty() && sessions.find(agent).isEmpty()) {
            return notFound();
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write('[');
        for (Bytes frame : frames) {
            if (body.size() > 1) {
                body.write(',');
            }
            body.writeBytes(frame.array());
        }
        body.write(']');
        return ok(body.toByteArray());
    }

    private Mono<ServerResponse> lastResult(AgentId agent) {
        return recent.result(agent).map(result -> ok(result.array())).orElseGet(() -> notFound());
    }

    private Mono<ServerResponse> command(ServerRequest request) {
        Optional<AgentId> agent = agent(request);
        if (agent.isEmpty() || sessions.find(agent.get()).isEmpty()) {
            return notFound();
        }
        return WholeBody.of(request)
                .flatMap(body ->
                        body.map(bytes -> command(agent.get(), bytes))
                                .orElseGet(() ->
                                        problem(
                                                HttpStatus.CONTENT_TOO_LARGE,
                                                "too_large",
                                                "the body must be at most "
                                                        + WholeBody.MAX_BYTES / 1024
                                                        + " KiB")));
    }

    private Mono<ServerResponse> command(AgentId agent, byte[] body) {
        try {
            return queued(commands.read(agent, body, clock.instant()));
        } catch (BadFrame bad) {
            return problem(HttpStatus.UNPROCESSABLE_CONTENT, "bad_command", bad.problem());
        }
    }

    private Mono<ServerResponse> queued(io.viworks.backplane.stream.StreamRecord.HandMade made) {
        return Mono.fromCompletionStage(sender.send(bridge, made))
                .flatMap(_ ->
                        answer(
                                HttpStatus.ACCEPTED,
                                MediaType.APPLICATION_JSON,
                                "{\"queued\":true}".getBytes(StandardCharsets.UTF_8)))
                .onErrorResume(
                        WorldAway.class,
                        _ ->
                                problem(
                                        HttpStatus.SERVICE_UNAVAILABLE,
                                        "backplane_down",
                                        "Redis is away; try again"));
    }

    private static Mono<ServerResponse> notFound() {
        return problem(HttpStatus.NOT_FOUND, "not_found", "no such agent here");
    }

    private static Mono<ServerResponse> ok(byte[] body) {
        return answer(HttpStatus.OK, MediaType.APPLICATION_JSON, body);
    }

    private static Mono<ServerResponse> problem(HttpStatus status, String code, String detail) {
        JsonMapper json = new JsonMapper();
        ObjectNode body = json.createObjectNode();
        body.put("type", "about:blank");
        body.put("title", code.replace('_', ' '));
        body.put("status", status.value());
        body.put("detail", detail);
        body.put("code", code);
        return answer(status, MediaType.APPLICATION_PROBLEM_JSON, json.writeValueAsBytes(body));
    }

    private static Mono<ServerResponse> answer(HttpStatusCode status, MediaType type, byte[] body) {
        ServerResponse.BodyBuilder response =
                ServerResponse.status(status).contentType(type).header("Cache-Control", "no-store");
        if (status.value() == 401) {
            response.header("WWW-Authenticate", "Bearer");
        }
        return response.bodyValue(body);
    }
}
