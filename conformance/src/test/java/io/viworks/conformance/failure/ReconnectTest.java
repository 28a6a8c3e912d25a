package io.viworks.conformance.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.launcher.Child;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * Ten thousand agents of one simulator lose their only bridge at once: all come back to the one
 * that takes its place, at the pace it lets them in, and are commanded again.
 */
@Tag("failure")
class ReconnectTest {
    private static final int AGENTS = Integer.getInteger("viw.agents", 10_000);
    private static final int ASKED = 100;
    private static final Duration PATIENCE = Duration.ofMinutes(6);
    private static final Duration OUTAGE = Duration.ofSeconds(2);
    private static final JsonMapper JSON = new JsonMapper();

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void allComeBackToARestartedBridge() throws Exception {
        Path target = Path.of("target").toAbsolutePath();
        Path checkout = target.resolve("../..").normalize();
        Path folder = target.resolve("failures-reconnect");
        try (Fleet fleet = Fleet.start(folder, checkout, 0)) {
            Path log = folder.resolve("simulator.log");
            Process simulator = simulator(fleet, checkout, folder, log);
            try {
                long begun = System.nanoTime();
                allConnected(fleet, simulator, log);
                Duration first = since(begun);
                long peakBefore = peakMb(bridge(fleet));

                Child victim = fleet.all("agent-bridge").getFirst();
                victim.kill();
                Pauses.sleep(OUTAGE);
                fleet.restart(victim);
                long restarted = System.nanoTime();
                allConnected(fleet, simulator, log);
                Duration back = since(restarted);
                long peak = peakMb(bridge(fleet));
                Duration answered = commanded(fleet);
                System.out.printf(
                        "failure: | reconnect | %d agents of one process: all connected for the first"
                                + " time after %.1f s; bridge killed, started again after %.1f s;"
                                + " all back %.1f s after its start; %d commands to them answered in"
                                + " %.1f s; peak resident memory of the bridge %d MB before and %d MB"
                                + " after its restart, of the simulator %d MB; %s |%n",
                        AGENTS,
                        seconds(first),
                        seconds(OUTAGE),
                        seconds(back),
                        ASKED,
                        seconds(answered),
                        peakBefore,
                        peak,
                        peakMb(simulator.pid()),
                        lastLine(log));
            } finally {
                simulator.destroy();
                assertThat(simulator.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    private static Process simulator(Fleet fleet, Path checkout, Path folder, Path log)
            throws IOException {
        Path secret = Files.writeString(folder.resolve("simulator.secret"), fleet.sharedSecret());
        ProcessBuilder builder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx3g",
                                "-XX:+UseSerialGC",
                                "-jar",
                                checkout.resolve("agent/target/agent-0.1.0.jar").toString(),
                                "simulate",
                                "--count",
                                String.valueOf(AGENTS),
                                "--ramp",
                                AGENTS / 150 + "s",
                                "--report",
                                "1s")
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment()
                .putAll(
                        Map.of(
                                "VIW_AGENT_BACKEND_URL",
                                fleet.bridge(),
                                "VIW_AGENT_AGENT_ID",
                                "sim",
                                "VIW_AGENT_DATA_DIR",
                                folder.resolve("simulator").toString(),
                                "VIW_AGENT_SHARED_SECRET_FILE",
                                secret.toString()));
        return builder.start();
    }

    /** By the bridge's own count. */
    private void allConnected(Fleet fleet, Process simulator, Path log) {
        Awaitility.await("all agents' connections")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions()
                .failFast("the simulator ended: see " + log, () -> !simulator.isAlive())
                .until(() -> connections(fleet) == AGENTS);
    }

    private long connections(Fleet fleet) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(fleet.bridgeOps() + "/internal/agent/_healthz"))
                        .timeout(Duration.ofSeconds(5))
                        .header("Authorization", "Bearer " + fleet.bridgeAdminToken())
                        .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        return JSON.readTree(answer.body()).path("connections").asLong();
    }

    /** A hundred of them are asked something, and answer. */
    private static Duration commanded(Fleet fleet) throws Exception {
        long begun = System.nanoTime();
        for (int i = 0; i < ASKED; i++) {
            String name = "sim-%05d".formatted(1 + i * (AGENTS / ASKED));
            assertThat(fleet.api().command(name, UUID.randomUUID(), "anybody", 60))
                    .as("the answer to a command for " + name)
                    .isEqualTo(202);
        }
        Awaitility.await("the answers")
                .atMost(Duration.ofMinutes(1))
                .until(() ->
                        fleet.number(
                                        "select count(*) from agent_commands"
                                                + " where state = 'SUCCEEDED'")
                                == ASKED);
        return since(begun);
    }

    private static long bridge(Fleet fleet) {
        return fleet.all("agent-bridge").stream()
                .filter(Child::isAlive)
                .findFirst()
                .orElseThrow()
                .pid();
    }

    /** Most memory it ever had resident. */
    private static long peakMb(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }

    private static String lastLine(Path log) throws IOException {
        return Files.readAllLines(log).getLast();
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
