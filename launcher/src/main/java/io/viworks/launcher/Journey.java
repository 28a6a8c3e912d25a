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

    void make(List<String> agents) throws IOException, InterruptedException, Failed {
        for (String agent : agents) {
            showTelemetry(agent);
        }
        if (!agents.isEmpty()) {
            JsonNode echo = run(agents.getFirst(), "echo", Map.of("message", "hello from here"));
            String message = echo.at("/data/message").asString("");
            if (!message.equals("hello from here")) {
                throw new Failed("echo came back with another message: " + echo);
            }
            console.step("            its result: \"%s\"".formatted(message));
            JsonNode health = run(agents.getLast(), "get_system_health", Map.of());
            console.step(
                    "            its result: %s"
                            .formatted(shortened(health.path("data").toString())));
        }
    }

    private void showTelemetry(String agent) throws IOException, InterruptedException, Failed {
        Instant deadline = Instant.now().plus(TELEMETRY_PATIENCE);
        while (Instant.now().isBefore(deadline)) {
            for (JsonNode gateway : api.get("/gateways").path("items")) {
                JsonNode figures = gateway.path("telemetry");
                boolean arrived =
                        gateway.path("status").asString("").equals("connected")
                                && figures.path("cpu_pct").isNumber();
                if (gateway.path("agent_id").asString("").equals(agent) && arrived) {
                    console.step(
                            ("%s is connected: CPU %.1f %%, memory %.1f %%, disk %.1f %%, load %.2f,"
                                            + " services %s")
                                    .formatted(
                                            agent,
                                            figures.path("cpu_pct").asDouble(),
                                            figures.path("mem_pct").asDouble(),
                                            figures.path("disk_pct").asDouble(),
                                            figures.path("load1").asDouble(),
                                            services(agent)));
                    return;
                }
            }
            Thread.sleep(POLL);
        }
        throw new Failed(
                "no telemetry of "
                        + agent
                        + " in GET /gateways within "
                        + TELEMETRY_PATIENCE.toSeconds()
                        + " s");
    }

    private String services(String agent) throws IOException, InterruptedException {
        JsonNode services = api.get("/gateways/" + agent + "/services").path("services");
        return services.isEmpty() ? "none configured" : shortened(services.toString());
    }

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
        throw new Failed(verb + " on " + agent + " did not end within 30 s");
    }

    private static String shortened(String text) {
        return text.length() <= 240 ? text : text.substring(0, 240) + "…";
    }
}
