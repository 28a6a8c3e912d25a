package io.viworks.launcher;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * The first journey, shown: telemetry of this machine on its way through socket, stream, database
 * and REST, and commands that come back with their results.
 */
final class Journey {
    /** From the agents' start to their telemetry in the API. */
    private static final Duration TELEMETRY_PATIENCE = Duration.ofSeconds(45);

    private static final Duration COMMAND_PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final String HELLO = "hello from here";

    private final AdminClient api;
    private final Console console;

    Journey(AdminClient api, Console console) {
        this.api = api;
        this.console = console;
    }

    /** What was promised did not come. */
    static final class Failed extends Exception {
        Failed(String message) {
            super(message);
        }
    }

    /**
     * Makes it, and says what is seen on the way.
     *
     * @param since the begin of this start: what is older tells nothing of it
     */
    void make(List<String> agents, Instant since) throws IOException, InterruptedException, Failed {
        for (String agent : agents) {
            showTelemetry(agent, since);
        }
        if (!agents.isEmpty()) {
            JsonNode echo = run(agents.getFirst(), "echo", Map.of("message", HELLO));
            String message = echo.at("/data/message").asString("");
            if (!message.equals(HELLO)) {
                throw new Failed("echo came back with another message: " + echo);
            }
            console.detail("its result: \"%s\"".formatted(message));
            JsonNode health = run(agents.getLast(), "get_system_health", Map.of());
            Seen.health(health.path("data")).forEach(console::detail);
        }
    }

    private void showTelemetry(String agent, Instant since)
            throws IOException, InterruptedException, Failed {
        Instant deadline = Instant.now().plus(TELEMETRY_PATIENCE);
        while (Instant.now().isBefore(deadline)) {
            if (hasReported(agent, since)) {
                JsonNode latest = api.get("/gateways/" + agent + "/telemetry/latest");
                console.step(
                        "%s is connected and reports (%d ms ago):"
                                .formatted(agent, millisSince(latest.path("ts"))));
                Seen.telemetry(latest.path("metrics")).forEach(console::detail);
                return;
            }
            Thread.sleep(POLL);
        }
        throw new Failed(
                "no telemetry of %s in GET /gateways within %d s"
                        .formatted(agent, TELEMETRY_PATIENCE.toSeconds()));
    }

    private boolean hasReported(String agent, Instant since)
            throws IOException, InterruptedException {
        for (JsonNode gateway : api.get("/gateways?q=" + agent).path("items")) {
            JsonNode figures = gateway.path("telemetry");
            if (gateway.path("agent_id").asString("").equals(agent)
                    && gateway.path("status").asString("").equals("connected")
                    && figures.path("cpu_pct").isNumber()
                    && Instant.parse(figures.path("reported_at").asString()).isAfter(since)) {
                return true;
            }
        }
        return false;
    }

    private static long millisSince(JsonNode timestamp) {
        return Duration.between(Instant.parse(timestamp.asString()), Instant.now()).toMillis();
    }

    /** Sends a command, waits for its end, and returns its result. */
    private JsonNode run(String agent, String verb, Map<String, Object> parameters)
            throws IOException, InterruptedException, Failed {
        Instant sent = Instant.now();
        JsonNode accepted =
                api.post(
                        "/gateways/" + agent + "/commands",
                        Map.of("command", verb, "parameters", parameters));
        String id = accepted.path("correlation_id").asString("");
        Instant deadline = sent.plus(COMMAND_PATIENCE);
        while (Instant.now().isBefore(deadline)) {
            JsonNode command = api.get("/gateways/" + agent + "/commands/" + id);
            String state = command.path("state").asString("");
            if (state.equals("SUCCEEDED")) {
                console.step(
                        "%s on %s: %s in %d ms (%s)"
                                .formatted(
                                        verb,
                                        agent,
                                        state,
                                        Duration.between(sent, Instant.now()).toMillis(),
                                        id));
                return command.path("results").path(0);
            }
            if (!List.of("QUEUED", "DISPATCHED", "ACKED").contains(state)) {
                throw new Failed(verb + " on " + agent + " ended as " + state + ": " + command);
            }
            Thread.sleep(POLL);
        }
        throw new Failed(
                "%s on %s did not end within %d s"
                        .formatted(verb, agent, COMMAND_PATIENCE.toSeconds()));
    }
}
